using System.Globalization;
using System.Text;
using System.Text.Json;
using McpActors.Core.Servers;

namespace McpActors.Core.Protection;

/// <summary>The stable names of everything that can be wrong with a policy file. A name is never changed.</summary>
public static class PolicyDiagnosticCodes
{
    /// <summary>The file is not strict JSON.</summary>
    public const string InvalidJson = "policy_invalid_json";

    /// <summary>The file is no object with exactly <c>format</c>, <c>revision</c> and <c>operations</c>.</summary>
    public const string WrongShape = "policy_wrong_shape";

    /// <summary><c>format</c> is another one.</summary>
    public const string WrongFormat = "policy_wrong_format";

    /// <summary><c>revision</c> is not a whole number in its range.</summary>
    public const string WrongRevision = "policy_wrong_revision";

    /// <summary>An operation that does not exist.</summary>
    public const string UnknownOperation = "policy_unknown_operation";

    /// <summary>A read-only operation, which no policy can restrict.</summary>
    public const string ReadOnlyOperation = "policy_read_only_operation";

    /// <summary>A tier that does not exist.</summary>
    public const string UnknownTier = "policy_unknown_tier";

    /// <summary>A tier below the operation's least one.</summary>
    public const string TierTooLow = "policy_tier_too_low";

    /// <summary>A mutation that the policy does not name; it is denied. A warning.</summary>
    public const string NotNamed = "policy_not_named";
}

internal static class PolicyReader
{
    private const string Denied = "denied";
    private const int MaxWordShown = 40;

    public static PolicyReading Read(string file, ReadOnlyMemory<byte> utf8)
    {
        var found = new Found(file, utf8);
        var json = StrictJson.Read(utf8);
        if (!json.Ok)
        {
            found.Error(PolicyDiagnosticCodes.InvalidJson, null, Fault(json.Fault!.Value), "Mend the file; comments and trailing commas are not allowed in it.");
            return found.Result(null);
        }

        if (!StrictJson.HasMembers(json.Value, ["format", "revision", "operations"], []))
        {
            found.Error(PolicyDiagnosticCodes.WrongShape, null, "A policy is an object with exactly the members format, revision and operations.", "Remove every other member and add what is missing.");
            return found.Result(null);
        }

        var format = json.Value.GetProperty("format");
        if (format.ValueKind != JsonValueKind.String || format.GetString() != AuthorizationPolicy.Format)
        {
            found.Error(PolicyDiagnosticCodes.WrongFormat, "format", "This format is not known.", $"Write \"{AuthorizationPolicy.Format}\".");
        }

        if (Revision(json.Value.GetProperty("revision")) is not { } number)
        {
            number = 0;
            found.Error(PolicyDiagnosticCodes.WrongRevision, "revision", "The revision is not a whole number that can be used.", $"Write a number from 1 to {PolicyRevision.MaxNumber}, higher than the last policy's.");
        }

        var operations = json.Value.GetProperty("operations");
        if (operations.ValueKind != JsonValueKind.Object)
        {
            found.Error(PolicyDiagnosticCodes.WrongShape, "operations", "The operations are not an object.", "Write an object of operation names and tiers.");
            return found.Result(null);
        }

        var verdicts = new Dictionary<string, PolicyVerdict>(StringComparer.Ordinal);
        foreach (var member in operations.EnumerateObject())
        {
            if (Verdict(member, found) is { } verdict)
            {
                verdicts.Add(member.Name, verdict);
            }
        }

        if (found.Errors)
        {
            return found.Result(null);
        }

        foreach (var mutation in Operations.Mutations.Where(m => !verdicts.ContainsKey(m.Name)).OrderBy(m => m.Name, StringComparer.Ordinal))
        {
            found.Warning(PolicyDiagnosticCodes.NotNamed, "operations", $"The policy does not name {mutation.Name}, so it is denied.", $"Name it, with \"{mutation.LeastTier.Word()}\" or \"{Denied}\".");
        }

        var revision = new PolicyRevision(number, Sha256Hash.Of("mcpactors/policy/v1", json.Canonical.Span));
        return found.Result(new AuthorizationPolicy(revision, json.Canonical.ToArray(), verdicts));
    }

    private static PolicyVerdict? Verdict(JsonProperty member, Found found)
    {
        var word = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : null;
        switch (Operations.Find(member.Name))
        {
            case Operation.Mutation when word == Denied:
                return new PolicyVerdict.Denied(DenialReason.ByPolicy);
            case Operation.Mutation mutation when ApprovalTiers.Parse(word) is { } tier:
                if (tier >= mutation.LeastTier)
                {
                    return new PolicyVerdict.NeedsApproval(tier);
                }

                found.Error(PolicyDiagnosticCodes.TierTooLow, member.Name, $"{mutation.Name} needs at least {mutation.LeastTier.Word()}.", $"Write \"{mutation.LeastTier.Word()}\" or a higher tier.");
                return null;
            case Operation.Mutation mutation:
                found.Error(PolicyDiagnosticCodes.UnknownTier, member.Name, $"The tier of {mutation.Name} is not known.", "Write one_approval, one_approval_with_reason, two_humans or denied.");
                return null;
            case Operation.Read read:
                found.Error(PolicyDiagnosticCodes.ReadOnlyOperation, member.Name, $"{read.Name} is read-only and needs no approval.", "Remove it; roles decide who may read.");
                return null;
            default:
                found.Error(PolicyDiagnosticCodes.UnknownOperation, member.Name, $"There is no operation {Shown(member.Name)}.", "Check the spelling; case and blanks count.");
                return null;
        }
    }

    private static int? Revision(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number
        && int.TryParse(value.GetRawText(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number is >= 1 and <= PolicyRevision.MaxNumber
            ? number
            : null;

    private static string Fault(StrictJsonFault fault) => fault switch
    {
        StrictJsonFault.TooLarge => "The file is larger than 64 KiB.",
        StrictJsonFault.NotUtf8 => "The file is not UTF-8 without a byte-order mark.",
        StrictJsonFault.TooDeep => "The file is nested too deep.",
        StrictJsonFault.DuplicateName => "The file has a member twice in one object.",
        StrictJsonFault.LoneSurrogate => "The file has an escape that is no Unicode character.",
        StrictJsonFault.Number => "The file has a number that cannot be kept exactly.",
        _ => "The file is not JSON.",
    };

    // The name comes from a file and goes to a terminal.
    private static string Shown(string name)
    {
        var text = new StringBuilder("'");
        foreach (var c in name.Length > MaxWordShown ? name[..MaxWordShown] : name)
        {
            text.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return text.Append('\'').ToString();
    }

    private sealed class Found(string file, ReadOnlyMemory<byte> utf8)
    {
        private readonly List<Diagnostic> _diagnostics = [];

        public bool Errors => _diagnostics.Any(d => d.Severity == DiagnosticSeverity.Error);

        public void Error(string code, string? member, string message, string fix) => Add(code, DiagnosticSeverity.Error, member, message, fix);

        public void Warning(string code, string? member, string message, string fix) => Add(code, DiagnosticSeverity.Warning, member, message, fix);

        public PolicyReading Result(AuthorizationPolicy? policy) => new(policy, _diagnostics);

        private void Add(string code, DiagnosticSeverity severity, string? member, string message, string fix) =>
            _diagnostics.Add(new Diagnostic(code, severity, Place(member), null, message, fix));

        // The first member of that name; the top of the file for no name, and for a file that is not JSON.
        private SourcePosition Place(string? member)
        {
            var reader = new Utf8JsonReader(utf8.Span);
            try
            {
                while (member is not null && reader.Read())
                {
                    if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(member))
                    {
                        var before = utf8.Span[..(int)reader.TokenStartIndex];
                        var start = before.LastIndexOf((byte)'\n') + 1;
                        return new SourcePosition(file, before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[start..]) + 1);
                    }
                }
            }
            catch (JsonException)
            {
                // Then there is no place to name.
            }

            return new SourcePosition(file, 1, 1);
        }
    }
}
