using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpActors.Core.Audit;

/// <summary>
/// The bytes of a record, over which its leaf hash goes and which are stored as they are: RFC 8785 canonical JSON whose
/// member <c>schema</c> says what it is and in which version. An exported line is thus the leaf itself, and anybody
/// can check it with <c>SHA-256(0x00 || line)</c>. Everything else that the product hashes or signs begins with
/// another byte than 0x00, so a leaf hash is never the hash of something else.
/// </summary>
public static class AuditLeaf
{
    /// <summary>Domain and version of the bytes. Never changed: another form gets another version.</summary>
    public const string Schema = "mcpactors/audit-record/v1";

    /// <summary>A longer record is refused, in bytes: room for 1 MiB of text of which every character is escaped.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>Approvals of one record at most.</summary>
    public const int MaxApprovals = 64;

    internal const int MaxParameterDepth = 64;

    internal static JsonDocumentOptions ParseOptions { get; } = new() { MaxDepth = MaxParameterDepth + 8, AllowDuplicateProperties = false };

    private static readonly CanonicalJsonOptions Form = new() { Strict = true, MaxDepth = MaxParameterDepth + 1, MaxBytes = MaxBytes };

    /// <summary>
    /// The bytes of a record. A fault only for what a stranger's text can cause: half a surrogate pair
    /// (see <see cref="AuditText.WellFormed"/>) or more than <see cref="MaxBytes"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The record is one that no caller may make: a number out of range, an event that is no word.</exception>
    public static CanonicalJsonResult Encode(AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        Check(record);
        var entry = record.Entry;
        var leaf = new JsonObject
        {
            ["schema"] = Schema,
            ["seq"] = record.Sequence,
            ["time"] = record.Time,
            ["event"] = entry.Event,
            ["outcome"] = AuditWords.Of(entry.Outcome),
            ["actor"] = new JsonObject { ["kind"] = AuditWords.Of(entry.Actor.Kind), ["id"] = entry.Actor.Id },
            ["node"] = entry.Node,
        };
        Put(leaf, "prev", record.Previous?.ToString());
        Put(leaf, "request", entry.Request);
        Put(leaf, "operation", entry.Operation);
        Put(leaf, "digest", entry.Digest);
        Put(leaf, "reason", entry.Reason);
        Put(leaf, "token", entry.TokenId);
        Put(leaf, "duration", entry.Duration);
        Put(leaf, "policy", entry.PolicyRevision);
        if (entry.Target is { } target)
        {
            var node = new JsonObject { ["kind"] = target.Kind, ["id"] = target.Id };
            Put(node, "uid", target.Uid);
            leaf["target"] = node;
        }

        if (entry.Parameters is { } parameters)
        {
            leaf["parameters"] = parameters.ToNode();
        }

        if (!entry.Approvals.IsDefaultOrEmpty)
        {
            leaf["approvals"] = new JsonArray([.. entry.Approvals.Select(Approval)]);
        }

        if (entry.Error is { } error)
        {
            var node = new JsonObject { ["code"] = error.Code };
            Put(node, "message", error.Message);
            leaf["error"] = node;
        }

        if (entry.Rollback is { } rollback)
        {
            var node = new JsonObject { ["state"] = AuditWords.Of(rollback.State) };
            Put(node, "reference", rollback.Reference);
            leaf["rollback"] = node;
        }

        return CanonicalJson.Of(leaf, Form);
    }

    /// <summary>
    /// Reads a record back; null unless the bytes are exactly what <see cref="Encode"/> makes of it. So there is one
    /// byte string for one record, and no member that this version does not know.
    /// </summary>
    public static AuditRecord? Decode(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > MaxBytes)
        {
            return null;
        }

        try
        {
            if (JsonNode.Parse(payload, documentOptions: ParseOptions) is not JsonObject leaf || Text(leaf, "schema") != Schema)
            {
                return null;
            }

            var record = Read(leaf);
            return record is not null && Encode(record) is { Ok: true } again && again.Utf8.Span.SequenceEqual(payload) ? record : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    private static AuditRecord? Read(JsonObject leaf)
    {
        var actor = Have(leaf["actor"]).AsObject();
        if (!AuditWords.TryOutcome(Text(leaf, "outcome"), out var outcome)
            || !AuditWords.TryActorKind(Text(actor, "kind"), out var actorKind)
            || Text(leaf, "event") is not { } happened || Text(leaf, "node") is not { } node || Text(actor, "id") is not { } actorId)
        {
            return null;
        }

        MerkleHash? previous = null;
        if (leaf.ContainsKey("prev"))
        {
            if (!MerkleHash.TryParse(Text(leaf, "prev"), out var hash))
            {
                return null;
            }

            previous = hash;
        }

        AuditRollback? rollback = null;
        if (leaf["rollback"] is { } taken)
        {
            if (!AuditWords.TryRollbackState(Text(taken.AsObject(), "state"), out var state))
            {
                return null;
            }

            rollback = new AuditRollback(state, Text(taken.AsObject(), "reference"));
        }

        var entry = new AuditEntry(happened, outcome, new AuditActor(actorKind, actorId), node)
        {
            Request = Text(leaf, "request"),
            Operation = Text(leaf, "operation"),
            Target = leaf["target"] is { } target
                ? new AuditTarget(Have(Text(target.AsObject(), "kind")), Have(Text(target.AsObject(), "id")), Text(target.AsObject(), "uid"))
                : null,
            Parameters = leaf.TryGetPropertyValue("parameters", out var parameters)
                ? new AuditParameters(CanonicalJson.Of(parameters, Form).Utf8)
                : null,
            Digest = Text(leaf, "digest"),
            Reason = Text(leaf, "reason"),
            Approvals = leaf["approvals"] is { } approvals ? [.. approvals.AsArray().Select(a => Approval(Have(a).AsObject()))] : [],
            TokenId = Text(leaf, "token"),
            Error = leaf["error"] is { } error ? new AuditError(Have(Text(error.AsObject(), "code")), Text(error.AsObject(), "message")) : null,
            Duration = leaf["duration"]?.GetValue<long>(),
            Rollback = rollback,
            PolicyRevision = leaf["policy"]?.GetValue<long>(),
        };
        return new AuditRecord(Have(leaf["seq"]).GetValue<long>(), Have(leaf["time"]).GetValue<long>(), previous, entry);
    }

    private static JsonNode Approval(AuditApproval approval)
    {
        var node = new JsonObject { ["approver"] = approval.Approver, ["time"] = approval.Time, ["granted"] = approval.Granted };
        if (approval.SelfApproved)
        {
            node["self_approved"] = true;
        }

        Put(node, "reason", approval.Reason);
        return node;
    }

    private static AuditApproval Approval(JsonObject node) => new(
        Have(Text(node, "approver")),
        Have(node["time"]).GetValue<long>(),
        Have(node["granted"]).GetValue<bool>(),
        node["self_approved"]?.GetValue<bool>() ?? false,
        Text(node, "reason"));

    // Whatever is missing makes the payload no record; Decode turns this into null.
    private static T Have<T>(T? value)
        where T : class => value ?? throw new FormatException();

    private static string? Text(JsonObject node, string name) => node[name]?.GetValue<string>();

    private static void Put(JsonObject node, string name, string? value)
    {
        if (value is not null)
        {
            node[name] = value;
        }
    }

    private static void Put(JsonObject node, string name, long? value)
    {
        if (value is { } number)
        {
            node[name] = number;
        }
    }

    private static void Check(AuditRecord record)
    {
        var entry = record.Entry;
        Require(record.Sequence is >= 1 and <= AuditRecord.MaxNumber, "A sequence number runs from 1 to 2^53 - 1.");
        Require(record.Time is >= 0 and <= AuditRecord.MaxNumber, "A time runs from 0 to 2^53 - 1 microseconds.");
        Require(record.Previous is null == (record.Sequence == 1), "Every record but the first names the one before it.");
        Require(entry.Event.Length is > 0 and <= 64 && entry.Event.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_'), "An event is a word of lower-case letters, digits, dots and underscores.");
        Require(entry.Duration is null or (>= 0 and <= AuditRecord.MaxNumber), "A duration runs from 0 to 2^53 - 1 microseconds.");
        Require(entry.PolicyRevision is null or (>= 0 and <= AuditRecord.MaxNumber), "A policy revision runs from 0 to 2^53 - 1.");
        Require(entry.Approvals.IsDefault || (entry.Approvals.Length <= MaxApprovals && entry.Approvals.All(a => a.Time is >= 0 and <= AuditRecord.MaxNumber)), "There are at most 64 approvals, with times from 0 to 2^53 - 1 microseconds.");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
