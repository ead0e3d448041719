using McpActors.Core.Audit;

namespace McpActors.Core.Tests.Audit;

/// <summary>A log of 200 records, and what somebody who can write the database can do to it.</summary>
public abstract class TamperedLog
{
    private protected const int Size = 200;
    private protected const int Every = 7;

    private protected static readonly SampleLog Log = SampleLog.Of(Size);
    private protected static readonly AnchoredCheckpoint[] Anchors = [.. Log.Anchors(Every), Log.Anchor(Size, inDatabase: true)];

    private protected static readonly AnchoredCheckpoint[] EveryRecord = Log.Anchors(1);

    private static readonly Lazy<List<StoredRecord>[]> AllRewritten = new(() => [.. AllPlaces!.Select(Log.Rewritten)]);

    private protected static readonly int[] AllPlaces = [.. Enumerable.Range(1, Size)];

    private protected static void ForEachPlace(Action<int, LogVerifier> action)
    {
        var verifier = new LogVerifier(LogCheck.Full, Anchors);
        foreach (var k in AllPlaces)
        {
            action(k, verifier);
            verifier.Add(Log.Rows[k - 1]);
        }
    }

    // The rows before k were read once; only what the verdict still depends on is read again.
    private protected static LogFinding? Continue(LogVerifier before, StoredRecord tampered, int k, int rowsAfter = Size)
    {
        var verifier = before.Copy()!;
        verifier.Add(tampered);
        for (var i = k; i < Math.Min(Size, k + rowsAfter) && !verifier.Settled; i++)
        {
            verifier.Add(Log.Rows[i]);
        }

        return verifier.Finish().First;
    }

    private protected static void ThrowUnless(bool holds, int k, int i, LogFinding? finding)
    {
        if (!holds)
        {
            throw new Xunit.Sdk.XunitException($"Byte {i} of record {k}: {finding}");
        }
    }

    private protected static LogVerdict Verdict(IReadOnlyList<StoredRecord> rows, AnchoredCheckpoint[]? anchors = null) => LogVerifier.Verify(LogCheck.Full, rows, anchors ?? Anchors);

    private protected static (LogFaultKind? Kind, long? Sequence) Named(IReadOnlyList<StoredRecord> rows, LogCheck check = LogCheck.Full)
    {
        var first = LogVerifier.Verify(check, rows, Anchors).First;
        return (first?.Kind, first?.Sequence);
    }

    private protected static List<StoredRecord> Rewritten(int k) => [.. AllRewritten.Value[k - 1]];

    private protected static List<StoredRecord> Replaced(int k, StoredRecord row)
    {
        var rows = Log.Rows.ToList();
        rows[k - 1] = row;
        return rows;
    }

    private protected static List<StoredRecord> Inserted(int after, StoredRecord row) => [.. Log.Rows.Take(after), row, .. Log.Rows.Skip(after)];

    private protected static List<StoredRecord> Swapped(int one, int two, bool payloadOnly = false)
    {
        var rows = Log.Rows.ToList();
        var (a, b) = (rows[one - 1], rows[two - 1]);
        rows[one - 1] = a with { Payload = b.Payload, Leaf = payloadOnly ? a.Leaf : b.Leaf };
        rows[two - 1] = b with { Payload = a.Payload, Leaf = payloadOnly ? b.Leaf : a.Leaf };
        return rows;
    }

    private protected static StoredRecord Row(AppendedRecord appended) =>
        new(appended.Record.Sequence, appended.Payload, appended.Leaf, ProjectionRow.Of(appended.Record));

    // The places between the checkpoint before a record and the one at or after it.
    private protected static (long From, long To) Enclosed(int k) => (((k - 1) / Every * Every) + 1, Math.Min(Size, (k + Every - 1) / Every * Every));
}
