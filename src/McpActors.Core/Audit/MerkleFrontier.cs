using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;

namespace McpActors.Core.Audit;

/// <summary>
/// What must be remembered of a tree so that leaves can be appended: its size and the roots of its complete subtrees,
/// the largest first, one for every 1 bit of the size ("compact range"). At most 63 hashes whatever the size; appending
/// costs O(log n). Immutable, so it can be the state of an actor, and it goes into a snapshot as bytes.
/// </summary>
public sealed class MerkleFrontier : IEquatable<MerkleFrontier>
{
    /// <summary>More leaves than any log has; keeps every shift and sum within a long.</summary>
    public const long MaxSize = 1L << 62;

    private readonly ImmutableArray<MerkleHash> _peaks;

    private MerkleFrontier(long size, ImmutableArray<MerkleHash> peaks)
    {
        Size = size;
        _peaks = peaks;
    }

    /// <summary>The tree without leaves.</summary>
    public static MerkleFrontier Empty { get; } = new(0, []);

    /// <summary>Leaves in the tree, 0 to <see cref="MaxSize"/>.</summary>
    public long Size { get; }

    /// <summary>The roots of the complete subtrees, from the largest (leftmost) to the smallest.</summary>
    public IReadOnlyList<MerkleHash> Peaks => _peaks;

    /// <summary>The root of the tree.</summary>
    public MerkleHash Root() => RootOf(_peaks.AsSpan());

    /// <summary>The tree with one leaf more.</summary>
    /// <exception cref="InvalidOperationException">The tree is full.</exception>
    public MerkleFrontier Append(MerkleHash leaf) => Append(leaf, null);

    /// <summary>The tree with one leaf more; every node that became complete is reported, the leaf first.</summary>
    /// <exception cref="InvalidOperationException">The tree is full.</exception>
    public MerkleFrontier Append(MerkleHash leaf, Action<MerkleNode>? completed)
    {
        var builder = new MerkleBuilder(this);
        builder.Append(leaf, completed);
        return builder.ToFrontier();
    }

    /// <summary>The size as 8 bytes, big-endian, and 32 bytes for every peak.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[8 + (_peaks.Length * MerkleHash.Length)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Size);
        for (var i = 0; i < _peaks.Length; i++)
        {
            _peaks[i].CopyTo(bytes.AsSpan(8 + (i * MerkleHash.Length)));
        }

        return bytes;
    }

    /// <summary>
    /// Reads <see cref="ToBytes"/>; null when the size is out of its range or the length does not fit it.
    /// Whether the hashes are the right ones only a checkpoint of that size can tell.
    /// </summary>
    public static MerkleFrontier? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 8)
        {
            return null;
        }

        var size = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (size is < 0 or > MaxSize || bytes.Length != 8 + (BitOperations.PopCount((ulong)size) * MerkleHash.Length))
        {
            return null;
        }

        var peaks = ImmutableArray.CreateBuilder<MerkleHash>();
        for (var at = 8; at < bytes.Length; at += MerkleHash.Length)
        {
            peaks.Add(new MerkleHash(bytes.Slice(at, MerkleHash.Length)));
        }

        return new MerkleFrontier(size, peaks.ToImmutable());
    }

    /// <inheritdoc/>
    public bool Equals(MerkleFrontier? other) => other is not null && Size == other.Size && _peaks.AsSpan().SequenceEqual(other._peaks.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MerkleFrontier);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Size, _peaks.Length == 0 ? default : _peaks[^1]);

    internal static MerkleFrontier Of(long size, ReadOnlySpan<MerkleHash> peaks) => new(size, [.. peaks]);

    // The smaller trees lie to the right: they are joined first.
    internal static MerkleHash RootOf(ReadOnlySpan<MerkleHash> peaks)
    {
        if (peaks.IsEmpty)
        {
            return MerkleTree.EmptyRoot;
        }

        var root = peaks[^1];
        for (var i = peaks.Length - 2; i >= 0; i--)
        {
            root = MerkleTree.NodeHash(peaks[i], root);
        }

        return root;
    }
}

/// <summary>A node over a complete subtree.</summary>
/// <param name="Level">0 for a leaf; a node of level L stands over 2^L leaves.</param>
/// <param name="Index">Its place among the nodes of its level, from 0.</param>
/// <param name="Hash">Its hash.</param>
public readonly record struct MerkleNode(int Level, long Index, MerkleHash Hash);

/// <summary>A <see cref="MerkleFrontier"/> that grows in place, for whoever reads a long log once. Not safe from several threads.</summary>
public sealed class MerkleBuilder
{
    private readonly MerkleHash[] _peaks = new MerkleHash[63];
    private int _count;

    /// <summary>A tree without leaves.</summary>
    public MerkleBuilder()
    {
    }

    /// <summary>A tree that goes on from a frontier.</summary>
    public MerkleBuilder(MerkleFrontier frontier)
    {
        ArgumentNullException.ThrowIfNull(frontier);
        Size = frontier.Size;
        foreach (var peak in frontier.Peaks)
        {
            _peaks[_count++] = peak;
        }
    }

    /// <summary>Leaves in the tree.</summary>
    public long Size { get; private set; }

    /// <summary>Appends a leaf; every node that became complete is reported, the leaf first.</summary>
    /// <exception cref="InvalidOperationException">The tree is full.</exception>
    public void Append(MerkleHash leaf, Action<MerkleNode>? completed = null)
    {
        if (Size >= MerkleFrontier.MaxSize)
        {
            throw new InvalidOperationException("The tree is full.");
        }

        completed?.Invoke(new MerkleNode(0, Size, leaf));
        var hash = leaf;
        var level = 0;

        // Every trailing 1 bit of the size is a subtree that the new one completes.
        for (var rest = Size; (rest & 1) == 1; rest >>= 1)
        {
            hash = MerkleTree.NodeHash(_peaks[--_count], hash);
            level++;
            completed?.Invoke(new MerkleNode(level, Size >> level, hash));
        }

        _peaks[_count++] = hash;
        Size++;
    }

    /// <summary>The root of the tree as it is now.</summary>
    public MerkleHash Root() => MerkleFrontier.RootOf(_peaks.AsSpan(0, _count));

    /// <summary>The tree as it is now, immutable.</summary>
    public MerkleFrontier ToFrontier() => MerkleFrontier.Of(Size, _peaks.AsSpan(0, _count));
}
