using System.Buffers;
using System.Security.Cryptography;

namespace McpActors.Core.Audit;

/// <summary>
/// The hashes of a Merkle tree by RFC 9162, section 2.1.1 (those of RFC 6962 with SHA-256). A leaf hash begins with
/// the byte 0x00 and a node hash with 0x01, so no payload can be passed off as two nodes (second preimage).
/// </summary>
public static class MerkleTree
{
    private const byte LeafPrefix = 0x00;
    private const byte NodePrefix = 0x01;
    private const int OnStack = 1024;

    /// <summary>The root of the tree without leaves: SHA-256 of nothing.</summary>
    public static MerkleHash EmptyRoot { get; } = new(SHA256.HashData([]));

    /// <summary>SHA-256(0x00 || payload).</summary>
    public static MerkleHash LeafHash(ReadOnlySpan<byte> payload)
    {
        var length = payload.Length + 1;
        byte[]? rented = null;
        var input = length <= OnStack ? stackalloc byte[OnStack] : (rented = ArrayPool<byte>.Shared.Rent(length));
        try
        {
            input[0] = LeafPrefix;
            payload.CopyTo(input[1..]);
            return Hash(input[..length]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>SHA-256(0x01 || left || right).</summary>
    public static MerkleHash NodeHash(MerkleHash left, MerkleHash right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * MerkleHash.Length)];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + MerkleHash.Length)..]);
        return Hash(input);
    }

    /// <summary>The root over these leaf hashes.</summary>
    public static MerkleHash Root(IEnumerable<MerkleHash> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        var builder = new MerkleBuilder();
        foreach (var leaf in leaves)
        {
            builder.Append(leaf);
        }

        return builder.Root();
    }

    private static MerkleHash Hash(ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[MerkleHash.Length];
        SHA256.HashData(input, hash);
        return new MerkleHash(hash);
    }
}
