namespace McpActors.Core.Audit;

/// <summary>
/// Verifies a stored log in one pass: rows in by <see cref="Add"/> in the order of their numbers, the verdict out by
/// <see cref="Finish"/>. Keeps the checkpoints, the frontier and the hashes of the last <see cref="Remembered"/> rows,
/// whatever the length of the log. Without any row it is the check of a node's start: is the log that was recovered
/// behind its newest checkpoint, or another one?
/// </summary>
/// <remarks>
/// Three witnesses are heard. The stored leaf hash speaks for the payload beside it; the number and the link in the
/// payload speak for its place; the signed checkpoints speak for everything up to their size, and are the only one that
/// somebody who can write the database cannot bend. <see cref="LogVerdict.TrustedThrough"/> says how far they reach: a
/// named place above it is the first that contradicts the rest of what is stored, and whoever rewrote everything
/// from an earlier place on is told as an edit of the range between two checkpoints.
/// </remarks>
public sealed class LogVerifier
{
    /// <summary>Hashes of the last rows that are kept to recognise copies and insertions.</summary>
    public const int Remembered = 64;

    private readonly LogCheck _check;
    private readonly long _projectedThrough;
    private readonly AnchoredCheckpoint[] _anchors;
    private readonly MerkleBuilder _tree;
    private readonly LogMemory _recent;
    private int _anchor;
    private MerkleHash? _lastHash;
    private long _lastTime;
    private long _lastPlace;
    private long _lastWithoutPayload;
    private long _matched;
    private long? _contradicted;
    private bool _matchedLater;
    private LogSuspect? _suspect;
    private LogFinding? _records;
    private LogFinding? _projection;

    /// <summary>A check that begins at the first record, or after those of a state.</summary>
    /// <param name="check">How much is read.</param>
    /// <param name="checkpoints">The verified checkpoints of every place, in any order.</param>
    /// <param name="projectedThrough">Rows with higher numbers need not be projected yet; by default all must be.</param>
    /// <param name="from">The records that need not be read again; only as good as the checkpoint of their size (see <see cref="LogVerdict.TrustedThrough"/>).</param>
    public LogVerifier(LogCheck check, IEnumerable<AnchoredCheckpoint> checkpoints, long projectedThrough = long.MaxValue, AuditLogState? from = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoints);
        from ??= AuditLogState.Empty;
        _check = check;
        _projectedThrough = projectedThrough;
        _anchors = [.. checkpoints.OrderBy(anchor => anchor.Checkpoint.Size)];
        _tree = new MerkleBuilder(from.Frontier);
        _lastPlace = from.Sequence;
        _recent = new LogMemory(from.Sequence);
        _lastHash = from.LastLeaf;
        _lastTime = from.LastTime;
        while (_anchor < _anchors.Length && _anchors[_anchor].Checkpoint.Size < from.Sequence)
        {
            _anchor++;
        }

        CompareAnchors();
    }

    private LogVerifier(LogVerifier other)
    {
        (_check, _projectedThrough, _anchors, _recent) = (other._check, other._projectedThrough, other._anchors, other._recent.Copy());
        _tree = new MerkleBuilder(other._tree.ToFrontier());
        (_anchor, _lastHash, _lastTime, _lastPlace) = (other._anchor, other._lastHash, other._lastTime, other._lastPlace);
        (_lastWithoutPayload, _matched, _contradicted, _matchedLater) = (other._lastWithoutPayload, other._matched, other._contradicted, other._matchedLater);
        (_records, _projection) = (other._records, other._projection);
    }

    /// <summary>True when the first fault of the records is certain: no further row changes what is told of them.</summary>
    public bool Settled => _records is not null;

    /// <summary>The same check once more, to go on in two ways from here; null once something was wrong.</summary>
    public LogVerifier? Copy() => _suspect is null ? new LogVerifier(this) : null;

    /// <summary>The next row, in the order of the stored numbers.</summary>
    public void Add(StoredRecord row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (_records is not null)
        {
            return;
        }

        if (_check == LogCheck.Full ? row.Payload is null : row.Leaf is null)
        {
            // Whether this is a hole or the end shows when a later row has its payload, or none has.
            _lastWithoutPayload = Math.Max(_lastWithoutPayload, row.Sequence);
            return;
        }

        var seen = See(row);
        if (_suspect is not null)
        {
            _suspect.Observe(seen);
            _records = _suspect.Finding;
            return;
        }

        if (row.Sequence <= _lastPlace)
        {
            _records = OutOfOrder(row.Sequence);
            return;
        }

        _suspect = row.Sequence > _lastPlace + 1 ? LogSuspect.Gap(_lastPlace + 1, seen)
            : _check == LogCheck.Quick ? null
            : LogSuspect.Of(seen, _lastHash, _recent, _lastTime, _matched == _lastPlace && _matched > 0, _contradicted is not null);
        _records = _suspect?.Finding;
        if (_suspect is null)
        {
            Accept(row, seen);
        }
    }

    /// <summary>What is true of the log when no row is left.</summary>
    public LogVerdict Finish()
    {
        var found = _records ?? _suspect?.Finish();
        if (_contradicted is { } size && (found is null || found.Sequence > size))
        {
            found = Rewritten(size);
        }

        found ??= Behind();
        var projection = _projection is not null && (found is null || _projection.Sequence < found.Sequence) ? _projection : null;
        return new LogVerdict(_tree.Size, _tree.Root(), _matched, _anchors.Length == 0 ? null : _anchors[^1].Checkpoint.Size, found, projection);
    }

    /// <summary>Verifies rows that are in memory or come one by one; stops as soon as the verdict is certain.</summary>
    public static LogVerdict Verify(LogCheck check, IEnumerable<StoredRecord> rows, IEnumerable<AnchoredCheckpoint> checkpoints, long projectedThrough = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var verifier = new LogVerifier(check, checkpoints, projectedThrough);
        foreach (var row in rows)
        {
            verifier.Add(row);
            if (verifier.Settled)
            {
                break;
            }
        }

        return verifier.Finish();
    }

    /// <summary>
    /// Verifies one record against a verified checkpoint, by its inclusion proof. Null when the record is the one that
    /// was signed and its searchable row is right.
    /// </summary>
    public static LogFinding? VerifyRecord(StoredRecord row, IReadOnlyList<MerkleHash> proof, Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(checkpoint);
        var place = row.Sequence;
        if (row.Payload is not { } payload)
        {
            return new LogFinding(LogFaultKind.Delete, place, place, "The record is missing. Run 'mcpactors audit verify --full'.");
        }

        var hash = MerkleTree.LeafHash(payload.Span);
        var header = LeafHeader.Read(payload.Span);
        var proven = MerkleVerifier.Inclusion(hash, place - 1, checkpoint.Size, proof, checkpoint.Root);
        if (proven != ProofVerdict.Valid || header is null || header.Sequence != place || row.Leaf != hash)
        {
            var kind = header is not null && header.Sequence != place && row.Leaf == hash ? LogFaultKind.Reorder : LogFaultKind.Edit;
            var why = proven is ProofVerdict.OutOfRange or ProofVerdict.WrongLength ? "The proof does not belong to this place and checkpoint" : "The record is not the one that was signed";
            return new LogFinding(kind, place, place, $"{why}. Run 'mcpactors audit verify --full'.");
        }

        return Projected(header.Row, row.Projection, place);
    }

    private SeenRow See(StoredRecord row) => _check == LogCheck.Quick
        ? new SeenRow(row.Sequence, row.Leaf!.Value, row.Leaf, null)
        : new SeenRow(row.Sequence, MerkleTree.LeafHash(row.Payload!.Value.Span), row.Leaf, LeafHeader.Read(row.Payload.Value.Span));

    private void Accept(StoredRecord row, SeenRow seen)
    {
        if (seen.Header is { } header)
        {
            _lastTime = header.Time;
            if (row.Projection is not null || row.Sequence <= _projectedThrough)
            {
                _projection ??= Projected(header.Row, row.Projection, row.Sequence);
            }
        }

        _lastPlace = row.Sequence;
        _lastHash = seen.Hash;
        _recent.Add(seen.Hash);
        _tree.Append(seen.Hash);
        CompareAnchors();
    }

    private void CompareAnchors()
    {
        var (fits, differs) = (false, false);
        MerkleHash? root = null;
        for (; _anchor < _anchors.Length && _anchors[_anchor].Checkpoint.Size == _tree.Size; _anchor++)
        {
            root ??= _tree.Root();
            fits |= _anchors[_anchor].Checkpoint.Root == root;
            differs |= _anchors[_anchor].Checkpoint.Root != root;
        }

        if (differs)
        {
            _contradicted ??= _tree.Size;
        }

        if (fits)
        {
            _matchedLater |= _contradicted is not null;
            _matched = _contradicted is null ? _tree.Size : _matched;
        }
    }

    private LogFinding OutOfOrder(long place) => place == _lastPlace
        ? new LogFinding(LogFaultKind.Insert, place, place, "Two records have this number. Stop the node, keep the database as evidence, and restore it from a backup.")
        : new LogFinding(LogFaultKind.Reorder, _lastPlace + 1, _lastPlace + 1, "The rows do not come in the order of their numbers. Stop the node, keep the database as evidence, and restore it from a backup.");

    private LogFinding Rewritten(long size) => _matchedLater
        ? new LogFinding(LogFaultKind.Fork, _matched + 1, size, "The log's key signed two histories that part here: an old copy of the database was put back and written on, or the key was used elsewhere. Find out which node wrote, and rotate the key.")
        : new LogFinding(LogFaultKind.Edit, _matched + 1, size, "These records fit each other, but they are not the ones that were signed. Stop the node, keep the database as evidence, and restore it from a backup.");

    private LogFinding? Behind()
    {
        var size = _tree.Size;
        var newest = _anchors.Length == 0 ? 0 : _anchors[^1].Checkpoint.Size;
        var last = Math.Max(newest, _lastWithoutPayload);
        if (last <= size)
        {
            return null;
        }

        for (var i = _anchor + 1; i < _anchors.Length; i++)
        {
            var (one, two) = (_anchors[i - 1].Checkpoint, _anchors[i].Checkpoint);
            if (one.Size == two.Size && one.Root != two.Root)
            {
                return new LogFinding(LogFaultKind.Fork, _matched + 1, one.Size, $"The log's key signed two histories of {one.Size} records, and the records end at {size}. Find out which node wrote, and rotate the key.");
            }
        }

        return _lastWithoutPayload > size || _anchors.Any(anchor => anchor.InDatabase && anchor.Checkpoint.Size > size)
            ? new LogFinding(LogFaultKind.Truncate, size + 1, last, $"The records end at {size}, though the database knows of {last}. Restore the database from a backup.")
            : new LogFinding(LogFaultKind.Rollback, size + 1, last, $"The database ends at record {size}; a checkpoint outside of it ('{_anchors[^1].Place}') was signed at {last}. Restore a newer backup, or follow the runbook for restored databases.");
    }

    private static LogFinding? Projected(ProjectionRow expected, ProjectionRow? row, long place)
    {
        if (expected == row)
        {
            return null;
        }

        var seen = row is null ? "The record has no searchable row" : $"The searchable row differs from its record in {string.Join(", ", Differences(expected, row))}";
        return new LogFinding(LogFaultKind.Projection, place, place, $"{seen}. Rebuild the projection.");
    }

    private static IEnumerable<string> Differences(ProjectionRow expected, ProjectionRow row)
    {
        (string Name, object? Expected, object? Stored)[] columns =
        [
            ("sequence", expected.Sequence, row.Sequence), ("time", expected.Time, row.Time), ("event", expected.Event, row.Event),
            ("outcome", expected.Outcome, row.Outcome), ("actor kind", expected.ActorKind, row.ActorKind), ("actor", expected.Actor, row.Actor),
            ("operation", expected.Operation, row.Operation), ("target kind", expected.TargetKind, row.TargetKind),
            ("target", expected.Target, row.Target), ("request", expected.Request, row.Request), ("node", expected.Node, row.Node),
        ];
        return columns.Where(column => !Equals(column.Expected, column.Stored)).Select(column => column.Name);
    }
}
