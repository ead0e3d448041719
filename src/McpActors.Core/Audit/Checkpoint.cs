using System.Collections.Immutable;
using System.Globalization;

namespace McpActors.Core.Audit;

/// <summary>
/// The head of a log at one moment, in the form of C2SP tlog-checkpoint: origin, number of records and root on a line
/// each, then extension lines, which this log writes none of.
/// </summary>
/// <param name="Origin">Which log it is; not empty, one line.</param>
/// <param name="Size">Records in it.</param>
/// <param name="Root">The root over them.</param>
public sealed record Checkpoint(string Origin, long Size, MerkleHash Root)
{
    /// <summary>The extension lines of a checkpoint that was read; opaque.</summary>
    public ImmutableArray<string> Extensions { get; init; } = [];

    /// <summary>The checkpoint of a log as it is.</summary>
    public static Checkpoint Of(string origin, MerkleFrontier frontier)
    {
        ArgumentNullException.ThrowIfNull(frontier);
        return new Checkpoint(origin, frontier.Size, frontier.Root());
    }

    /// <summary>Signs it with a key whose name is the origin.</summary>
    /// <exception cref="ArgumentException">The key has another name, or the origin is none.</exception>
    /// <exception cref="InvalidOperationException">As for <see cref="SignedNote.Sign"/>.</exception>
    public SignedNote Sign(INoteSigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        return signer.Key.Name == Origin && Parse(ToText()) is { } read && read == this
            ? SignedNote.Sign(ToText(), signer)
            : throw new ArgumentException($"A checkpoint of '{Origin}' is signed with the key of that name.", nameof(signer));
    }

    /// <summary>The text that is signed.</summary>
    public string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Origin}\n{Size}\n{Root.ToBase64()}\n{string.Concat(Extensions.Select(line => line + "\n"))}");

    /// <summary>Reads the text of a note; null when it is no checkpoint, or not in its one right spelling.</summary>
    public static Checkpoint? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.Split('\n');
        if (lines.Length < 4 || lines[^1].Length != 0 || lines[..^1].Any(line => line.Length == 0))
        {
            return null;
        }

        if (!long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size > MerkleFrontier.MaxSize
            || (lines[1][0] == '0' && lines[1].Length > 1)
            || SignedNote.Base64(lines[2]) is not { Length: MerkleHash.Length } root)
        {
            return null;
        }

        return new Checkpoint(lines[0], size, new MerkleHash(root)) { Extensions = [.. lines[3..^1]] };
    }

    /// <inheritdoc/>
    public bool Equals(Checkpoint? other) => other is not null && Origin == other.Origin && Size == other.Size && Root == other.Root
        && Extensions.AsSpan().SequenceEqual(other.Extensions.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Origin, Size, Root);
}

/// <summary>A checkpoint that was verified, or why there is none.</summary>
/// <param name="Checkpoint">The checkpoint, or null.</param>
/// <param name="Fault">Why there is none, or null.</param>
public sealed record CheckpointResult(Checkpoint? Checkpoint, NoteFault? Fault);

/// <summary>
/// Reads the signed checkpoints of one log. Only keys named like the log count, and none that serves another purpose:
/// a key that signs approvals cannot be put into this reader, and what it signs (a JWS: base64url and dots on one line)
/// can never be the text of a note (which has line feeds), nor the other way round.
/// </summary>
public sealed class CheckpointReader
{
    private readonly NoteKeyRing _keys;

    /// <summary>A reader for one log.</summary>
    /// <param name="origin">Which log.</param>
    /// <param name="keys">Its keys, present and past.</param>
    /// <param name="foreignKeys">Keys with another purpose, in SPKI form: the present and past keys of approval tokens.</param>
    /// <exception cref="ArgumentException">A key has another name than the origin, or serves another purpose as well; or there is no key.</exception>
    public CheckpointReader(string origin, IEnumerable<NoteKey> keys, IEnumerable<ReadOnlyMemory<byte>> foreignKeys)
    {
        ArgumentException.ThrowIfNullOrEmpty(origin);
        ArgumentNullException.ThrowIfNull(foreignKeys);
        _keys = new NoteKeyRing(keys);
        Origin = origin;
        var foreign = foreignKeys.ToArray();
        foreach (var key in _keys.Keys)
        {
            if (key.Name != origin)
            {
                throw new ArgumentException($"The key '{key.Name}' is not one of the log '{origin}'.", nameof(keys));
            }

            if (foreign.Any(other => other.Span.SequenceEqual(key.Spki.Span)))
            {
                throw new ArgumentException($"A key of the log '{origin}' also signs something else. Make a key of its own for checkpoints.", nameof(keys));
            }
        }

        if (!_keys.Keys.Any())
        {
            throw new ArgumentException($"There is no key to verify the checkpoints of '{origin}' with.", nameof(keys));
        }
    }

    /// <summary>Which log.</summary>
    public string Origin { get; }

    /// <summary>Parses and verifies a signed checkpoint.</summary>
    public CheckpointResult Read(ReadOnlySpan<byte> utf8)
    {
        if (SignedNote.Parse(utf8, out var fault) is not { } note)
        {
            return new CheckpointResult(null, fault);
        }

        if (note.Verify(_keys) is { } refused)
        {
            return new CheckpointResult(null, refused);
        }

        var checkpoint = Checkpoint.Parse(note.Text);
        return checkpoint is null ? new CheckpointResult(null, NoteFault.NotACheckpoint)
            : checkpoint.Origin != Origin ? new CheckpointResult(null, NoteFault.OtherLog)
            : new CheckpointResult(checkpoint, null);
    }
}
