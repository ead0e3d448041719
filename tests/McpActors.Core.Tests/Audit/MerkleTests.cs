using System.Globalization;
using System.Text;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using McpActors.Core.Audit;
using Xunit;

namespace McpActors.Core.Tests.Audit;

public sealed class MerkleTests
{
    private const int AllSizes = 130;

    // The leaves and roots that the implementations of Certificate Transparency are checked with.
    private static readonly string[] ReferenceLeaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] ReferenceRoots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly MerkleHash[] Leaves = [.. Enumerable.Range(0, AllSizes).Select(i => MerkleTree.LeafHash(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture))))];
    private static readonly MemoryNodes Nodes = new(Leaves);
    private static readonly MerkleHash[] Roots = [.. Enumerable.Range(0, AllSizes + 1).Select(n => MerkleProofs.Root(n, Nodes))];

    [Fact]
    public void The_hashes_are_those_of_the_reference_vectors()
    {
        MerkleTree.EmptyRoot.ToString().Should().Be(ReferenceRoots[0]);
        MerkleTree.LeafHash("L123456"u8).ToString().Should().Be("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
        var leaves = ReferenceLeaves.Select(hex => MerkleTree.LeafHash(Convert.FromHexString(hex))).ToArray();
        for (var n = 0; n <= 8; n++)
        {
            MerkleTree.Root(leaves.Take(n)).ToString().Should().Be(ReferenceRoots[n]);
            MerkleProofs.Root(n, new MemoryNodes(leaves)).ToString().Should().Be(ReferenceRoots[n]);
        }
    }

    [Theory]
    [InlineData(0, 1, "")]
    [InlineData(0, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e 6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(5, 8, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(2, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(1, 5, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")]
    public void Inclusion_proofs_are_those_of_the_reference_vectors(int index, int size, string proof)
    {
        var leaves = ReferenceLeaves.Select(hex => MerkleTree.LeafHash(Convert.FromHexString(hex))).ToArray();

        var made = MerkleProofs.Inclusion(index, size, new MemoryNodes(leaves));

        made.Should().Equal(Hashes(proof));
        MerkleVerifier.Inclusion(leaves[index], index, size, made, Hash(ReferenceRoots[size])).Should().Be(ProofVerdict.Valid);
    }

    [Theory]
    [InlineData(1, 1, "")]
    [InlineData(1, 8, "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e 6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")]
    [InlineData(6, 8, "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [InlineData(2, 5, "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")]
    [InlineData(6, 7, "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    public void Consistency_proofs_are_those_of_the_reference_vectors(int oldSize, int newSize, string proof)
    {
        var leaves = ReferenceLeaves.Select(hex => MerkleTree.LeafHash(Convert.FromHexString(hex))).ToArray();

        var made = MerkleProofs.Consistency(oldSize, newSize, new MemoryNodes(leaves));

        made.Should().Equal(Hashes(proof));
        MerkleVerifier.Consistency(oldSize, Hash(ReferenceRoots[oldSize]), newSize, Hash(ReferenceRoots[newSize]), made).Should().Be(ProofVerdict.Valid);
    }

    [Fact]
    public void A_root_is_the_one_that_the_definition_of_the_RFC_gives()
    {
        for (var n = 0; n <= AllSizes; n++)
        {
            Roots[n].Should().Be(Mth(Leaves.AsSpan(0, n)));
        }
    }

    [Fact]
    public void The_frontier_gives_the_root_of_every_size_and_survives_its_bytes()
    {
        var frontier = MerkleFrontier.Empty;
        var completed = new HashSet<MerkleNode>();
        for (var n = 0; n < AllSizes; n++)
        {
            frontier.Root().Should().Be(Roots[n]);
            frontier.Size.Should().Be(n);
            var read = MerkleFrontier.Read(frontier.ToBytes());
            read.Should().Be(frontier);
            read!.Append(Leaves[n]).Root().Should().Be(Roots[n + 1]);
            frontier = frontier.Append(Leaves[n], node => completed.Add(node).Should().BeTrue());
        }

        // Every complete node was told once, with the hash that the proofs use.
        completed.Should().HaveCount(Enumerable.Range(0, 8).Sum(level => AllSizes >> level));
        completed.Should().OnlyContain(node => Nodes.Node(node.Level, node.Index) == node.Hash);
    }

    [Fact]
    public void Bytes_that_are_no_frontier_are_refused()
    {
        var bytes = MerkleFrontier.Empty.Append(Leaves[0]).Append(Leaves[1]).Append(Leaves[2]).Append(Leaves[3]).Append(Leaves[4]).ToBytes();

        MerkleFrontier.Read(bytes.AsSpan(0, bytes.Length - 1)).Should().BeNull();
        MerkleFrontier.Read([.. bytes, 0]).Should().BeNull();
        MerkleFrontier.Read([]).Should().BeNull();
        MerkleFrontier.Read([0xff, .. bytes[1..]]).Should().BeNull("a size is not negative");
        MerkleFrontier.Read([0, 0, 0, 0, 0, 0, 0, 7, .. bytes[8..]]).Should().BeNull("seven leaves have three peaks");
        MerkleFrontier.Read([0x40, 0, 0, 0, 0, 0, 0, 1, .. bytes[8..]]).Should().BeNull("it is above the largest size");
    }

    [Fact]
    public void A11_every_inclusion_proof_of_all_sizes_holds_and_no_changed_one_does()
    {
        for (var size = 1; size <= AllSizes; size++)
        {
            for (var index = 0; index < size; index++)
            {
                var proof = MerkleProofs.Inclusion(index, size, Nodes);
                if (MerkleVerifier.Inclusion(Leaves[index], index, size, proof, Roots[size]) != ProofVerdict.Valid)
                {
                    throw new Xunit.Sdk.XunitException($"The proof of {index} in {size} does not hold.");
                }

                Refused(MerkleVerifier.Inclusion(Leaves[index], index, size, [.. proof, Leaves[0]], Roots[size]), "one element more");
                Refused(MerkleVerifier.Inclusion(Leaves[index], index, size, [Leaves[0], .. proof], Roots[size]), "one element before");
                Refused(MerkleVerifier.Inclusion(Leaves[index], index, size, proof, Roots[size - 1]), "another root");
                Refused(MerkleVerifier.Inclusion(Roots[0], index, size, proof, Roots[size]), "another leaf");
                if (proof.Count > 0)
                {
                    Refused(MerkleVerifier.Inclusion(Leaves[index], index, size, [.. proof.Skip(1)], Roots[size]), "one element less");
                    Refused(MerkleVerifier.Inclusion(Leaves[index], index, size, [.. proof.SkipLast(1)], Roots[size]), "one element less");
                    Refused(MerkleVerifier.Inclusion(Leaves[index], index, size, Flipped(proof, index % proof.Count, size), Roots[size]), "a flipped bit");
                }

                if (size > 1)
                {
                    Refused(MerkleVerifier.Inclusion(Leaves[index], (index + 1) % size, size, proof, Roots[size]), "another index");
                }
            }
        }
    }

    [Fact]
    public void A11_an_index_outside_the_tree_and_a_tree_without_leaves_are_refused()
    {
        foreach (var (index, size) in (ReadOnlySpan<(long, long)>)[(0, 0), (8, 8), (9, 8), (-1, 8), (0, -1), (long.MaxValue, long.MaxValue), (0, long.MaxValue), (long.MinValue, 1)])
        {
            MerkleVerifier.Inclusion(Leaves[0], index, size, [], Leaves[0]).Should().Be(ProofVerdict.OutOfRange);
            FluentActions.Invoking(() => MerkleProofs.Inclusion(index, size, Nodes)).Should().Throw<ArgumentOutOfRangeException>();
        }
    }

    [Fact]
    public void A12_every_consistency_proof_of_all_sizes_holds_and_no_changed_one_does()
    {
        for (var newSize = 1; newSize <= AllSizes; newSize++)
        {
            for (var oldSize = 1; oldSize <= newSize; oldSize++)
            {
                var proof = MerkleProofs.Consistency(oldSize, newSize, Nodes);
                if (MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize], proof) != ProofVerdict.Valid)
                {
                    throw new Xunit.Sdk.XunitException($"The proof from {oldSize} to {newSize} does not hold.");
                }

                Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize], [.. proof, Leaves[0]]), "one element more");
                Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize], [Leaves[0], .. proof]), "one element before");
                Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize - 1], newSize, Roots[newSize], proof), "another old root");
                Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize - 1], proof), "another new root");
                if (proof.Count > 0)
                {
                    Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize], [.. proof.Skip(1)]), "one element less");
                    Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize], [.. proof.SkipLast(1)]), "one element less");
                    Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize], []), "no element");
                    Refused(MerkleVerifier.Consistency(oldSize, Roots[oldSize], newSize, Roots[newSize], Flipped(proof, oldSize % proof.Count, newSize)), "a flipped bit");
                    Refused(MerkleVerifier.Consistency(newSize, Roots[newSize], oldSize, Roots[oldSize], proof), "old and new exchanged");
                }
            }
        }
    }

    [Fact]
    public void A12_what_a_witness_refuses_is_refused()
    {
        MerkleVerifier.Consistency(8, Roots[8], 7, Roots[7], []).Should().Be(ProofVerdict.OldAboveNew);
        MerkleVerifier.Consistency(0, Roots[0], 7, Roots[7], [Roots[7]]).Should().Be(ProofVerdict.WrongLength, "a proof from nothing is empty");
        MerkleVerifier.Consistency(0, Roots[1], 7, Roots[7], []).Should().Be(ProofVerdict.OldRootMismatch, "the empty tree has one root");
        MerkleVerifier.Consistency(0, Roots[0], 7, Roots[7], []).Should().Be(ProofVerdict.Valid);
        MerkleVerifier.Consistency(0, Roots[0], 0, Roots[0], []).Should().Be(ProofVerdict.Valid);
        MerkleVerifier.Consistency(0, Roots[0], 0, Roots[1], []).Should().Be(ProofVerdict.RootMismatch);
        MerkleVerifier.Consistency(7, Roots[7], 7, Roots[6], []).Should().Be(ProofVerdict.RootMismatch);
        MerkleVerifier.Consistency(7, Roots[7], 7, Roots[7], [Roots[7]]).Should().Be(ProofVerdict.WrongLength);
        MerkleVerifier.Consistency(-1, Roots[0], 7, Roots[7], []).Should().Be(ProofVerdict.OutOfRange);
        MerkleVerifier.Consistency(3, Roots[3], long.MaxValue, Roots[7], []).Should().Be(ProofVerdict.OutOfRange);
        FluentActions.Invoking(() => MerkleProofs.Consistency(8, 7, Nodes)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => MerkleProofs.Consistency(-1, 7, Nodes)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A13_a_payload_of_two_node_hashes_is_not_the_node_above_them()
    {
        byte[] payload = [.. Leaves[0].ToArray(), .. Leaves[1].ToArray()];
        var node = MerkleTree.NodeHash(Leaves[0], Leaves[1]);

        MerkleTree.LeafHash(payload).Should().NotBe(node);
        MerkleTree.LeafHash([1, .. payload]).Should().NotBe(node, "nor with the prefix of a node");
        MerkleVerifier.Inclusion(MerkleTree.LeafHash(payload), 0, 1, [], Roots[2]).Should().Be(ProofVerdict.RootMismatch);
        MerkleVerifier.Inclusion(MerkleTree.LeafHash(payload), 0, 2, [Nodes.Node(1, 1)], Roots[4]).Should().Be(ProofVerdict.RootMismatch);
    }

    [Property(MaxTest = 150)]
    public Property Proofs_of_random_larger_trees_hold_and_need_the_nodes_they_announce() =>
        Prop.ForAll(Gen.Choose(131, 5000).SelectMany(n => Gen.Choose(0, n - 1).SelectMany(i => Gen.Choose(1, n).Select(o => (Size: n, Index: i, Old: o)))).ToArbitrary(), tree =>
        {
            var nodes = Large.Only([.. MerkleProofs.NodesForInclusion(tree.Index, tree.Size), .. MerkleProofs.NodesForConsistency(tree.Old, tree.Size)]);
            var root = MerkleTree.Root(Large.Leaves.Take(tree.Size));
            var old = MerkleTree.Root(Large.Leaves.Take(tree.Old));
            var inclusion = MerkleProofs.Inclusion(tree.Index, tree.Size, nodes);
            var consistency = MerkleProofs.Consistency(tree.Old, tree.Size, nodes);
            return MerkleVerifier.Inclusion(Large.Leaves[tree.Index], tree.Index, tree.Size, inclusion, root) == ProofVerdict.Valid
                && MerkleVerifier.Consistency(tree.Old, old, tree.Size, root, consistency) == ProofVerdict.Valid
                && MerkleVerifier.Inclusion(Large.Leaves[(tree.Index + 1) % tree.Size], tree.Index, tree.Size, inclusion, root) != ProofVerdict.Valid
                && inclusion.All((h, i) => MerkleVerifier.Inclusion(Large.Leaves[tree.Index], tree.Index, tree.Size, Flipped(inclusion, i, i), root) == ProofVerdict.RootMismatch)
                && consistency.All((h, i) => MerkleVerifier.Consistency(tree.Old, old, tree.Size, root, Flipped(consistency, i, i)) is ProofVerdict.RootMismatch or ProofVerdict.OldRootMismatch);
        });

    [Property(MaxTest = 200)]
    public bool A_proof_of_random_hashes_never_holds(byte size, byte index, byte[] noise, byte count)
    {
        var proof = Enumerable.Range(0, count % 12).Select(i => MerkleTree.LeafHash([.. noise, (byte)i])).ToArray();
        return size == 0 || size > AllSizes || proof.Length == 0
            || (MerkleVerifier.Inclusion(Leaves[0], index % size, size, proof, Roots[size]) != ProofVerdict.Valid
                && MerkleVerifier.Consistency(index % size, Roots[index % size], size, Roots[size], proof) != ProofVerdict.Valid);
    }

    [Fact]
    public void A_hash_has_one_spelling()
    {
        MerkleHash.TryParse(Leaves[0].ToString(), out var read).Should().BeTrue();
        read.Should().Be(Leaves[0]);
        new MerkleHash(Leaves[0].ToArray()).Should().Be(Leaves[0]);
        foreach (var wrong in (string?[])[null, "", Leaves[0].ToString()[1..], Leaves[0] + "0", Leaves[0].ToString().ToUpperInvariant(), new string('g', 64)])
        {
            MerkleHash.TryParse(wrong, out _).Should().BeFalse();
        }
    }

    private static void Refused(ProofVerdict verdict, string why)
    {
        if (verdict == ProofVerdict.Valid)
        {
            throw new Xunit.Sdk.XunitException($"A proof with {why} was accepted.");
        }
    }

    private static MerkleHash[] Flipped(IReadOnlyList<MerkleHash> proof, int at, int bit)
    {
        var bytes = proof[at].ToArray();
        bytes[bit % 32] ^= (byte)(1 << (bit % 8));
        return [.. proof.Take(at), new MerkleHash(bytes), .. proof.Skip(at + 1)];
    }

    // RFC 9162, section 2.1.1, word for word.
    private static MerkleHash Mth(ReadOnlySpan<MerkleHash> leaves)
    {
        if (leaves.Length < 2)
        {
            return leaves.IsEmpty ? MerkleTree.EmptyRoot : leaves[0];
        }

        var k = 1;
        while (k * 2 < leaves.Length)
        {
            k *= 2;
        }

        return MerkleTree.NodeHash(Mth(leaves[..k]), Mth(leaves[k..]));
    }

    private static MerkleHash Hash(string hex) => MerkleHash.TryParse(hex, out var hash) ? hash : throw new FormatException(hex);

    private static MerkleHash[] Hashes(string hex) => [.. hex.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Hash)];

    private static class Large
    {
        public static readonly MerkleHash[] Leaves = [.. Enumerable.Range(0, 5000).Select(i => MerkleTree.LeafHash(BitConverter.GetBytes(i)))];
        private static readonly MemoryNodes All = new(Leaves);

        public static MemoryNodes Only(IEnumerable<MerkleNodeId> ids) => new(ids.Distinct().ToDictionary(id => id, id => All.Node(id.Level, id.Index)));
    }
}

/// <summary>Nodes in memory; asking for one that is not complete is an error.</summary>
internal sealed class MemoryNodes : IMerkleNodes
{
    private readonly Dictionary<MerkleNodeId, MerkleHash> _nodes;

    public MemoryNodes(Dictionary<MerkleNodeId, MerkleHash> nodes)
    {
        _nodes = nodes;
    }

    public MemoryNodes(IEnumerable<MerkleHash> leaves)
        : this(new Dictionary<MerkleNodeId, MerkleHash>())
    {
        var builder = new MerkleBuilder();
        foreach (var leaf in leaves)
        {
            builder.Append(leaf, node => _nodes[new MerkleNodeId(node.Level, node.Index)] = node.Hash);
        }
    }

    public MerkleHash Node(int level, long index) => _nodes[new MerkleNodeId(level, index)];
}

internal static class Each
{
    public static bool All<T>(this IReadOnlyList<T> items, Func<T, int, bool> holds) => items.Select(holds).All(result => result);
}
