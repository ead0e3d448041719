namespace McpActors.Core.Audit;

/// <summary>A row as the verifier sees it.</summary>
/// <param name="Place">Its stored sequence number.</param>
/// <param name="Hash">The leaf hash of its payload.</param>
/// <param name="Stored">The leaf hash that is stored.</param>
/// <param name="Header">What the payload says, or null when it is no record.</param>
internal readonly record struct SeenRow(long Place, MerkleHash Hash, MerkleHash? Stored, LeafHeader? Header)
{
    /// <summary>The number in the payload; -1 when it is no record.</summary>
    public long Claim => Header?.Sequence ?? -1;

    /// <summary>Whether the payload says that it follows the record of that hash.</summary>
    public bool Follows(MerkleHash? previous) => Header is not null && Header.Previous == previous;
}

/// <summary>
/// The first thing that was wrong with a log, until enough of what follows was seen to say what it is. Remembers a few
/// numbers and no rows, so that a log of any length is verified in one pass.
/// </summary>
internal sealed class LogSuspect
{
    private readonly Shape _shape;
    private readonly SeenRow _row;
    private readonly MerkleHash? _before;
    private readonly long _at;
    private readonly bool _stray;
    private readonly bool _proven;
    private readonly bool _contradicted;
    private bool _nextSeen;
    private bool _nextShifted;
    private bool _expectedSeen;
    private bool _leafSeen;

    private LogSuspect(Shape shape, long at, SeenRow row, MerkleHash? before, bool stray = false, bool proven = false, bool contradicted = false)
    {
        _shape = shape;
        _at = at;
        _row = row;
        _before = before;
        _stray = stray;
        _proven = proven;
        _contradicted = contradicted;
    }

    private enum Shape
    {
        /// <summary>Numbers are missing before the row.</summary>
        Gap,

        /// <summary>Payload and leaf hash agree, but it is the record of a later place.</summary>
        Displaced,

        /// <summary>The payload is that of a later place, the leaf hash is not.</summary>
        PayloadMoved,

        /// <summary>Payload and leaf hash agree, but it is the record of an earlier place.</summary>
        Extra,

        /// <summary>The row is good in itself, but it names another record before it.</summary>
        LinkBreak,

        /// <summary>The row is not good in itself.</summary>
        Broken,
    }

    /// <summary>What it is, once that is certain.</summary>
    public LogFinding? Finding { get; private set; }

    public static LogSuspect Gap(long from, SeenRow row) => new(Shape.Gap, from, row, null);

    /// <summary>Null when the row is what should stand there.</summary>
    /// <param name="row">The row.</param>
    /// <param name="before">The hash of the row before it; null at the first.</param>
    /// <param name="earlier">The hashes of the last rows.</param>
    /// <param name="lastTime">The time of the row before it.</param>
    /// <param name="proven">A checkpoint of exactly the rows before it fits.</param>
    /// <param name="contradicted">A checkpoint of the rows before it, or of fewer, does not fit.</param>
    public static LogSuspect? Of(SeenRow row, MerkleHash? before, LogMemory earlier, long lastTime, bool proven, bool contradicted)
    {
        var header = row.Header;
        var ahead = header is not null && header.Sequence > row.Place;
        if (row.Stored != row.Hash)
        {
            return new LogSuspect(ahead ? Shape.PayloadMoved : Shape.Broken, row.Place, row, before);
        }

        if (header is null)
        {
            return new LogSuspect(Shape.Broken, row.Place, row, before);
        }

        var follows = header.Previous == before;
        if (header.Sequence != row.Place)
        {
            // A record that was moved names the one that was before it; one that follows here was renumbered by hand.
            return follows ? new LogSuspect(Shape.Broken, row.Place, row, before)
                : ahead ? new LogSuspect(Shape.Displaced, row.Place, row, before)
                : new LogSuspect(Shape.Extra, row.Place, row, before, stray: IsStray(row.Hash, header, earlier));
        }

        if (!follows)
        {
            var suspect = new LogSuspect(Shape.LinkBreak, row.Place, row, before, proven: proven, contradicted: contradicted);
            if (header.Previous is { } named && earlier.Place(named) is { } place && place < row.Place - 1)
            {
                suspect.Found(LogFaultKind.Insert, place + 1, row.Place - 1, "Between two records that follow each other stand others that were never written.");
            }

            return suspect;
        }

        return header.Time < lastTime ? new LogSuspect(Shape.Broken, row.Place, row, before) : null;
    }

    /// <summary>A row after the suspect one.</summary>
    public void Observe(SeenRow row)
    {
        if (Finding is not null)
        {
            return;
        }

        var first = !_nextSeen;
        _nextSeen = true;
        if (first)
        {
            _nextShifted = row.Claim - row.Place == _row.Claim - _row.Place;
        }

        _expectedSeen |= row.Claim == _at;
        _leafSeen |= row.Place == _row.Claim && row.Stored == _row.Hash;
        switch (_shape)
        {
            case Shape.Gap or Shape.Displaced when _expectedSeen:
            case Shape.PayloadMoved when _expectedSeen && _leafSeen:
                Found(LogFaultKind.Reorder, _at, _at, "The record of this place stands further back.");
                break;
            case Shape.PayloadMoved when row.Place >= _row.Claim && !_leafSeen:
                Edited(_at);
                break;
            case Shape.Extra when first:
                SettleExtra(row);
                break;
            case Shape.LinkBreak when first:
                SettleLink(row);
                break;
            case Shape.Broken when first:
                SettleBroken(row);
                break;
            default:
                break;
        }
    }

    /// <summary>There are no more rows.</summary>
    public LogFinding Finish()
    {
        if (Finding is not null)
        {
            return Finding;
        }

        switch (_shape)
        {
            case Shape.Gap:
                Found(LogFaultKind.Delete, _at, _row.Place - 1, "The records from here to the next stored one are missing.");
                break;
            case Shape.Displaced when !_nextSeen || _nextShifted:
            case Shape.PayloadMoved when _leafSeen && _nextShifted:
                Found(LogFaultKind.Delete, _at, _row.Claim - 1, "The record of this place is missing; the later ones were moved up and renumbered.");
                break;
            case Shape.Extra when _stray:
                Found(LogFaultKind.Insert, _at, _at, "A record of another place was put here.");
                break;
            case Shape.Extra:
                Found(LogFaultKind.Insert, _row.Claim, _at - 1, "The true record of this place stands further back: this one was never written.");
                break;
            case Shape.LinkBreak when !_proven:
                Edited(_at - 1, _contradicted ? _at - 1 : _at);
                break;
            default:
                Edited(_at);
                break;
        }

        return Finding!;
    }

    private void SettleExtra(SeenRow next)
    {
        if (next.Claim == next.Place)
        {
            // Nothing was moved: the row was overwritten.
            Edited(_at);
        }
        else if (_stray || !_nextShifted)
        {
            Found(LogFaultKind.Insert, _at, _at, "A record of another place was put here; the later ones were moved down.");
        }
        else
        {
            Found(LogFaultKind.Insert, _row.Claim, _at - 1, "The true record of this place stands further back: this one was never written.");
        }
    }

    // A link has two ends. The record before is the bad one when the checkpoints say so, or when this record's own
    // successor still names it as it is; else this record's link was edited.
    private void SettleLink(SeenRow next)
    {
        if (InsertedBefore(next))
        {
            return;
        }

        Edited(_proven || (!_contradicted && !next.Follows(_row.Hash)) ? _at : _at - 1);
    }

    private void SettleBroken(SeenRow next)
    {
        if (!InsertedBefore(next))
        {
            Edited(_at);
        }
    }

    // The true record of this place comes next, and names the one before the suspect.
    private bool InsertedBefore(SeenRow next)
    {
        if (next.Claim != _at || !next.Follows(_before))
        {
            return false;
        }

        Found(LogFaultKind.Insert, _at, _at, "This record was never written; the true one of this place comes after it.");
        return true;
    }

    // The true record of an earlier place names the one before that place. A copy of the row there, or one of which the
    // link leads elsewhere, is not it; beyond what is remembered it is given the benefit of the doubt.
    private static bool IsStray(MerkleHash hash, LeafHeader header, LogMemory earlier) =>
        earlier.Place(hash) == header.Sequence
        || (header.Sequence > 1 && earlier.At(header.Sequence - 1) is { } before && header.Previous != before);

    private void Edited(long at, long? last = null) =>
        Found(LogFaultKind.Edit, at, last ?? at, "The stored record is not the one that was written.");

    private void Found(LogFaultKind kind, long first, long last, string seen) =>
        Finding ??= new LogFinding(kind, first, Math.Max(first, last), seen + " Stop the node, keep the database as evidence, and restore it from a backup.");
}

/// <summary>The hashes of the last rows by their places; a few of them, whatever the length of the log.</summary>
internal sealed class LogMemory
{
    private readonly MerkleHash[] _hashes = new MerkleHash[LogVerifier.Remembered];
    private long _first;
    private long _last;

    /// <summary>Nothing is remembered yet of a log that goes on after this place.</summary>
    public LogMemory(long last)
    {
        _last = last;
        _first = last + 1;
    }

    private LogMemory(LogMemory other)
    {
        other._hashes.CopyTo(_hashes, 0);
        (_first, _last) = (other._first, other._last);
    }

    public LogMemory Copy() => new(this);

    public void Add(MerkleHash hash)
    {
        _last++;
        _first = Math.Max(_first, _last - _hashes.Length + 1);
        _hashes[_last % _hashes.Length] = hash;
    }

    /// <summary>The hash of a place, or null when it is not remembered.</summary>
    public MerkleHash? At(long place) => place >= _first && place <= _last ? _hashes[place % _hashes.Length] : null;

    /// <summary>The last place with a hash, or null.</summary>
    public long? Place(MerkleHash hash)
    {
        for (var place = _last; place >= _first; place--)
        {
            if (_hashes[place % _hashes.Length] == hash)
            {
                return place;
            }
        }

        return null;
    }
}
