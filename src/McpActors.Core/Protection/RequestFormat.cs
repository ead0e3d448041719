using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpActors.Core.Protection;

/// <summary>The members of a request's canonical form. They are part of every digest ever signed: never changed, only replaced by a new format.</summary>
internal static class RequestFormat
{
    private static readonly string[] s_members =
    [
        "created_at", "denied_before", "expires_at", "format", "id", "impact", "nonce", "operation", "parameters", "policy",
        "reason", "requester", "required_approvals", "risk", "targets", "tier",
    ];

    public static JsonObject Write(AuthorizationRequest.Content content) => new()
    {
        ["format"] = AuthorizationRequest.Format,
        ["id"] = content.Id.Value,
        ["operation"] = content.Operation,
        ["targets"] = new JsonArray([.. content.Targets.Select(t => new JsonObject
        {
            ["kind"] = t.Target.Kind,
            ["id"] = t.Target.Id,
            ["instance"] = t.Target.Instance,
            ["state"] = t.State.Value,
        })]),
        ["parameters"] = content.Parameters.Node(),
        ["requester"] = new JsonObject { ["id"] = content.Requester.Value, ["kind"] = Kind(content.RequesterKind) },
        ["reason"] = content.Reason,
        ["tier"] = content.Tier.Word(),
        ["required_approvals"] = content.Tier.RequiredApprovals(),
        ["policy"] = new JsonObject { ["revision"] = content.Policy.Number, ["hash"] = content.Policy.Hash.Value },
        ["nonce"] = content.Nonce.Value,
        ["risk"] = new JsonObject
        {
            ["level"] = RiskAssessment.Word(content.Risk),
            ["factors"] = new JsonArray([.. content.RiskFactors.Select(f => new JsonObject
            {
                ["code"] = f.Code,
                ["level"] = RiskAssessment.Word(f.Level),
                ["text"] = f.Text,
            })]),
        },
        ["impact"] = content.Impact,
        ["denied_before"] = content.DeniedBefore,
        ["created_at"] = content.CreatedAt.ToUnixTimeSeconds(),
        ["expires_at"] = (content.CreatedAt + AuthorizationRequest.Lifetime).ToUnixTimeSeconds(),
    };

    /// <summary>
    /// The values, or null. Whoever calls writes them again and compares the bytes: what is not looked at here (the
    /// format, the expiry, a member too many) shows then.
    /// </summary>
    public static AuthorizationRequest.Content? Read(ReadOnlyMemory<byte> canonical)
    {
        var json = StrictJson.Read(canonical, AuthorizationRequest.MaxBytes, 64);
        if (!json.Ok || !StrictJson.HasMembers(json.Value, s_members, []))
        {
            return null;
        }

        try
        {
            var root = json.Value;
            var policy = root.GetProperty("policy");
            var requester = root.GetProperty("requester");
            var risk = root.GetProperty("risk");
            return RequestId.TryParse(Text(root, "id"), out var id) && RequestNonce.TryParse(Text(root, "nonce"), out var nonce)
                && ApprovalTiers.Parse(Text(root, "tier")) is { } tier && RiskAssessment.Parse(Text(risk, "level")) is { } level
                && Kind(Text(requester, "kind")) is { } kind
                    ? new AuthorizationRequest.Content
                    {
                        Id = id,
                        Operation = Text(root, "operation"),
                        Targets = [.. root.GetProperty("targets").EnumerateArray().Select(Target)],
                        Parameters = CanonicalObject.FromElement(root.GetProperty("parameters")),
                        Requester = new PrincipalId(Text(requester, "id")),
                        RequesterKind = kind,
                        Reason = Text(root, "reason"),
                        Tier = tier,
                        Policy = new PolicyRevision(policy.GetProperty("revision").GetInt32(), Sha256Hash.Parse(Text(policy, "hash"))),
                        Nonce = nonce,
                        Risk = level,
                        RiskFactors = [.. risk.GetProperty("factors").EnumerateArray().Select(Factor)],
                        Impact = Text(root, "impact"),
                        DeniedBefore = root.GetProperty("denied_before").GetInt32(),
                        CreatedAt = DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("created_at").GetInt64()),
                    }
                    : null;
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or KeyNotFoundException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static TargetState Target(JsonElement target) => new(
        new AuthorizationTarget(Text(target, "kind"), Text(target, "id"), Text(target, "instance")), Sha256Hash.Parse(Text(target, "state")));

    private static RiskFactor Factor(JsonElement factor) => new(
        Text(factor, "code"), RiskAssessment.Parse(Text(factor, "level")) ?? throw new FormatException("No such risk level."), Text(factor, "text"));

    private static string Text(JsonElement value, string name) => value.GetProperty(name).GetString() ?? throw new FormatException("A text is null.");

    private static string Kind(PrincipalKind kind) => kind switch
    {
        PrincipalKind.Human => "human",
        PrincipalKind.Service => "service",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind."),
    };

    private static PrincipalKind? Kind(string word) => word switch
    {
        "human" => PrincipalKind.Human,
        "service" => PrincipalKind.Service,
        _ => null,
    };
}
