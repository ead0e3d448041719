namespace McpActors.Core.Audit;

/// <summary>What a proof turned out to be. Only <see cref="Valid"/> proves anything.</summary>
public enum ProofVerdict
{
    /// <summary>The index or a size is negative, the size is 0, or the index is not within the tree.</summary>
    OutOfRange,

    /// <summary>The old tree is said to be larger than the new one.</summary>
    OldAboveNew,

    /// <summary>The proof has not exactly as many hashes as a proof for these sizes has.</summary>
    WrongLength,

    /// <summary>The hashes do not lead to the old root.</summary>
    OldRootMismatch,

    /// <summary>The hashes do not lead to the root.</summary>
    RootMismatch,

    /// <summary>The proof holds.</summary>
    Valid,
}

/// <summary>
/// Verifies proofs by RFC 9162, sections 2.1.3.2 and 2.1.4.2, and refuses whatever the RFC leaves open: a consistency
/// proof from size 0 must be empty and its old root that of the empty tree, one between equal sizes must be empty.
/// </summary>
public static class MerkleVerifier
{
    /// <summary>Whether the leaf is at the index in the tree of that size and root.</summary>
    public static ProofVerdict Inclusion(MerkleHash leaf, long index, long size, IReadOnlyList<MerkleHash> proof, MerkleHash root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size || size > MerkleFrontier.MaxSize)
        {
            return ProofVerdict.OutOfRange;
        }

        var (fn, sn) = (index, size - 1);
        var hash = leaf;
        foreach (var sibling in proof)
        {
            if (sn == 0)
            {
                return ProofVerdict.WrongLength;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                hash = MerkleTree.NodeHash(sibling, hash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                hash = MerkleTree.NodeHash(hash, sibling);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn != 0 ? ProofVerdict.WrongLength : hash == root ? ProofVerdict.Valid : ProofVerdict.RootMismatch;
    }

    /// <summary>Whether the tree of the new size and root begins with the tree of the old size and root.</summary>
    public static ProofVerdict Consistency(long oldSize, MerkleHash oldRoot, long newSize, MerkleHash newRoot, IReadOnlyList<MerkleHash> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (oldSize < 0 || newSize < 0 || newSize > MerkleFrontier.MaxSize)
        {
            return ProofVerdict.OutOfRange;
        }

        if (oldSize > newSize)
        {
            return ProofVerdict.OldAboveNew;
        }

        if (oldSize == 0 || oldSize == newSize)
        {
            return WithoutHashes(oldSize, oldRoot, newSize, newRoot, proof);
        }

        // An old size that is a power of two is a node of the new tree itself: the verifier has its hash already.
        var known = (oldSize & (oldSize - 1)) == 0;
        if (proof.Count == 0)
        {
            return ProofVerdict.WrongLength;
        }

        var (fn, sn) = (oldSize - 1, newSize - 1);
        while ((fn & 1) == 1)
        {
            fn >>= 1;
            sn >>= 1;
        }

        var old = known ? oldRoot : proof[0];
        var hash = old;
        for (var i = known ? 0 : 1; i < proof.Count; i++)
        {
            if (sn == 0)
            {
                return ProofVerdict.WrongLength;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                old = MerkleTree.NodeHash(proof[i], old);
                hash = MerkleTree.NodeHash(proof[i], hash);
                while ((fn & 1) == 0 && fn != 0)
                {
                    fn >>= 1;
                    sn >>= 1;
                }
            }
            else
            {
                hash = MerkleTree.NodeHash(hash, proof[i]);
            }

            fn >>= 1;
            sn >>= 1;
        }

        return sn != 0 ? ProofVerdict.WrongLength
            : old != oldRoot ? ProofVerdict.OldRootMismatch
            : hash != newRoot ? ProofVerdict.RootMismatch
            : ProofVerdict.Valid;
    }

    private static ProofVerdict WithoutHashes(long oldSize, MerkleHash oldRoot, long newSize, MerkleHash newRoot, IReadOnlyList<MerkleHash> proof)
    {
        if (proof.Count != 0)
        {
            return ProofVerdict.WrongLength;
        }

        if (oldSize == 0 && oldRoot != MerkleTree.EmptyRoot)
        {
            return ProofVerdict.OldRootMismatch;
        }

        return oldSize == newSize && oldRoot != newRoot ? ProofVerdict.RootMismatch : ProofVerdict.Valid;
    }
}
