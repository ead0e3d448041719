using System.Numerics;

namespace McpActors.Core.Audit;

/// <summary>Where the hashes of complete subtrees come from: a table, tiles, memory.</summary>
public interface IMerkleNodes
{
    /// <summary>The hash of the node over the leaves from index × 2^level up to and without (index + 1) × 2^level.</summary>
    /// <param name="level">0 for leaves, up to 61.</param>
    /// <param name="index">From 0; only complete subtrees of the tree in question are asked for.</param>
    MerkleHash Node(int level, long index);
}

/// <summary>The place of a node over a complete subtree.</summary>
public readonly record struct MerkleNodeId(int Level, long Index);

/// <summary>
/// Proofs of RFC 9162, sections 2.1.3 (inclusion) and 2.1.4 (consistency), computed from the hashes of complete
/// subtrees. A caller that reads its hashes asynchronously asks first which nodes it needs (<c>NodesFor…</c>, at most a
/// few hundred) and answers them from a dictionary.
/// </summary>
public static class MerkleProofs
{
    /// <summary>The proof that the leaf at an index is in the tree of a size; bottom up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not within the tree, or the size above <see cref="MerkleFrontier.MaxSize"/>.</exception>
    public static IReadOnlyList<MerkleHash> Inclusion(long index, long size, IMerkleNodes nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return Hashes(InclusionRanges(index, size), nodes);
    }

    /// <summary>The proof that the tree of the new size begins with the tree of the old size. Empty for old 0 and for equal sizes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative or above <see cref="MerkleFrontier.MaxSize"/>, or old is above new.</exception>
    public static IReadOnlyList<MerkleHash> Consistency(long oldSize, long newSize, IMerkleNodes nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return Hashes(ConsistencyRanges(oldSize, newSize), nodes);
    }

    /// <summary>The root of the tree of a size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative or above <see cref="MerkleFrontier.MaxSize"/>.</exception>
    public static MerkleHash Root(long size, IMerkleNodes nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        CheckSize(size);
        return size == 0 ? MerkleTree.EmptyRoot : Hash((0, size), nodes);
    }

    /// <summary>The nodes that <see cref="Inclusion"/> will ask for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Inclusion"/>.</exception>
    public static IReadOnlyList<MerkleNodeId> NodesForInclusion(long index, long size) =>
        [.. InclusionRanges(index, size).SelectMany(Subtrees)];

    /// <summary>The nodes that <see cref="Consistency"/> will ask for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Consistency"/>.</exception>
    public static IReadOnlyList<MerkleNodeId> NodesForConsistency(long oldSize, long newSize) =>
        [.. ConsistencyRanges(oldSize, newSize).SelectMany(Subtrees)];

    // PATH(m, D_n): the sibling of every subtree on the way from the leaf to the root.
    private static List<(long Begin, long End)> InclusionRanges(long index, long size)
    {
        CheckSize(size);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var ranges = new List<(long, long)>();
        var (begin, end) = (0L, size);
        while (end - begin > 1)
        {
            var split = begin + Split(end - begin);
            if (index < split)
            {
                ranges.Add((split, end));
                end = split;
            }
            else
            {
                ranges.Add((begin, split));
                begin = split;
            }
        }

        ranges.Reverse();
        return ranges;
    }

    // PROOF(m, D_n) = SUBPROOF(m, D_n, true). The old root itself is left out when the verifier knows it.
    private static List<(long Begin, long End)> ConsistencyRanges(long oldSize, long newSize)
    {
        CheckSize(newSize);
        ArgumentOutOfRangeException.ThrowIfNegative(oldSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, newSize);
        var ranges = new List<(long, long)>();
        if (oldSize == 0 || oldSize == newSize)
        {
            return ranges;
        }

        var (begin, end) = (0L, newSize);
        var known = true;
        while (end != oldSize)
        {
            var split = begin + Split(end - begin);
            if (oldSize <= split)
            {
                ranges.Add((split, end));
                end = split;
            }
            else
            {
                ranges.Add((begin, split));
                begin = split;
                known = false;
            }
        }

        if (!known)
        {
            ranges.Add((begin, end));
        }

        ranges.Reverse();
        return ranges;
    }

    private static List<MerkleHash> Hashes(List<(long Begin, long End)> ranges, IMerkleNodes nodes) =>
        [.. ranges.Select(range => Hash(range, nodes))];

    private static MerkleHash Hash((long Begin, long End) range, IMerkleNodes nodes)
    {
        Span<MerkleHash> peaks = new MerkleHash[63];
        var count = 0;
        foreach (var (level, index) in Subtrees(range))
        {
            peaks[count++] = nodes.Node(level, index);
        }

        return MerkleFrontier.RootOf(peaks[..count]);
    }

    // Every range of a proof begins at a multiple of a power of two that is no smaller than its length,
    // so its complete subtrees are those of its length's 1 bits, the largest first.
    private static IEnumerable<MerkleNodeId> Subtrees((long Begin, long End) range)
    {
        var begin = range.Begin;
        for (var rest = range.End - range.Begin; rest > 0;)
        {
            var level = BitOperations.Log2((ulong)rest);
            yield return new MerkleNodeId(level, begin >> level);
            begin += 1L << level;
            rest -= 1L << level;
        }
    }

    // The largest power of two below the size.
    private static long Split(long size) => 1L << BitOperations.Log2((ulong)(size - 1));

    private static void CheckSize(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MerkleFrontier.MaxSize);
    }
}
