using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using McpActors.Core.Audit;

namespace McpActors.Core.Tests.Audit;

/// <summary>A log as the product writes it, with its checkpoints, and what an attacker with the database can do to it.</summary>
internal sealed class SampleLog
{
    public const string Origin = "mcpactors.example/log/7f";

    private static readonly SecretHasher Hasher = new(new byte[32]);

    private SampleLog(List<StoredRecord> rows, List<AuditLogState> states)
    {
        Rows = rows;
        States = states;
    }

    /// <summary>Row i has sequence number i + 1.</summary>
    public List<StoredRecord> Rows { get; }

    /// <summary>The state after i records.</summary>
    public List<AuditLogState> States { get; }

    public static SampleLog Of(int size, int from = 0)
    {
        var rows = new List<StoredRecord>();
        var states = new List<AuditLogState> { AuditLogState.Empty };
        for (var i = 0; i < size; i++)
        {
            var appended = states[^1].Append(Entry(i + from), 1_800_000_000_000_000 + (i * 250_000L)).Appended!;
            states.Add(appended.State);
            rows.Add(new StoredRecord(appended.Record.Sequence, appended.Payload, appended.Leaf, ProjectionRow.Of(appended.Record)));
        }

        return new SampleLog(rows, states);
    }

    public static AuditEntry Entry(int i) => new(
        (i % 4) switch { 0 => "authorization.requested", 1 => "authorization.approved", 2 => "operation.started", _ => "operation.finished" },
        (i % 4) switch { 3 => AuditOutcome.Succeeded, _ => AuditOutcome.Pending },
        new AuditActor(i % 3 == 0 ? AuditActorKind.Service : AuditActorKind.Human, $"actor-{i % 5}"),
        "node-1")
    {
        Request = $"req-{i / 4:x8}",
        Operation = "restart",
        Target = new AuditTarget("server", $"files-{i % 7}", $"uid-{i % 7}"),
        Parameters = Hasher.Parameters(new JsonObject { ["graceSeconds"] = i % 30, ["force"] = i % 2 == 0 }).Parameters,
        Digest = Convert.ToHexStringLower(SHA256.HashData([(byte)(i / 4)])),
        Reason = i % 4 == 0 ? "it hangs\nsince \u202enoon" : null,
        Approvals = i % 4 == 1 ? ImmutableArray.Create(new AuditApproval("carol", 1_800_000_000_000_000 + i, true, Reason: "seen")) : [],
        Duration = i % 4 == 3 ? 1_234_567 : null,
        PolicyRevision = 3,
    };

    /// <summary>A checkpoint outside the database after every so many records and after the last one.</summary>
    public AnchoredCheckpoint[] Anchors(int every, bool inDatabase = false) =>
        [.. Enumerable.Range(1, Rows.Count).Where(n => n % every == 0 || n == Rows.Count).Select(n => Anchor(n, inDatabase))];

    public AnchoredCheckpoint Anchor(int size, bool inDatabase = false) =>
        new(Checkpoint.Of(Origin, States[size].Frontier), inDatabase ? "database" : "anchors file", inDatabase);

    /// <summary>The row with other bytes; the stored leaf hash stays, or is made to fit.</summary>
    public static StoredRecord Edited(StoredRecord row, byte[] payload, bool leafToo) =>
        row with { Payload = payload, Leaf = leafToo ? MerkleTree.LeafHash(payload) : row.Leaf };

    /// <summary>The rows with the stored numbers made gapless again, searchable rows included.</summary>
    public static List<StoredRecord> Renumbered(IEnumerable<StoredRecord> rows) =>
        [.. rows.Select((row, i) => row with { Sequence = i + 1, Projection = row.Projection is { } p ? p with { Sequence = i + 1 } : null })];

    /// <summary>A record that was never written, which fits behind the rows before it.</summary>
    public StoredRecord Forged(int after, string actor = "mallory")
    {
        var appended = States[after].Append(Entry(after) with { Actor = new AuditActor(AuditActorKind.Human, actor) }, 0).Appended!;
        return new StoredRecord(appended.Record.Sequence, appended.Payload, appended.Leaf, ProjectionRow.Of(appended.Record));
    }

    /// <summary>The log in which record k says something else and everything behind it was rewritten to fit.</summary>
    public List<StoredRecord> Rewritten(int k)
    {
        var rows = Rows.Take(k - 1).ToList();
        var state = States[k - 1];
        for (var i = k; i <= Rows.Count; i++)
        {
            var entry = AuditLeaf.Decode(Rows[i - 1].Payload!.Value.Span)!;
            var appended = state.Append(i == k ? entry.Entry with { Actor = new AuditActor(AuditActorKind.Human, "mallory") } : entry.Entry, entry.Time).Appended!;
            state = appended.State;
            rows.Add(new StoredRecord(i, appended.Payload, appended.Leaf, ProjectionRow.Of(appended.Record)));
        }

        return rows;
    }
}

internal sealed class TestSigner : INoteSigner, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestSigner(string name)
    {
        Key = NoteKey.Of(name, _key.ExportSubjectPublicKeyInfo())!;
    }

    public NoteKey Key { get; init; }

    public byte[] Sign(ReadOnlySpan<byte> text) => _key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>As a JWS with ES256 is signed.</summary>
    public byte[] SignJws(ReadOnlySpan<byte> input) => _key.SignData(input, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public bool VerifiesJws(ReadOnlySpan<byte> input, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(input, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => _key.Dispose();
}
