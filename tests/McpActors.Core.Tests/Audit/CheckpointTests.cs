using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FluentAssertions;
using McpActors.Core.Audit;
using Xunit;

namespace McpActors.Core.Tests.Audit;

public sealed class CheckpointTests
{
    private const string Origin = "mcpactors.example/log/1";

    // A checkpoint of a public transparency log and that log's key: somebody else's implementation signed it.
    private const string ForeignKey = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==";
    private const string ForeignName = "rekor.sigstore.dev";
    private const string ForeignNote = "rekor.sigstore.dev - 2605736670972794746\n21428036\nrxnoKyFZlJ7/R6bMh/d3lcqwKqAy5CL1LcNBJP17kgQ=\nTimestamp: 1688058656037355364\n\n\u2014 rekor.sigstore.dev wNI9ajBFAiEAuDk7uu5Ae8Own/MjhSZNuVzbLuYH2jBMxbSA0WaNDNACIDV4reKpYiOpkwtvazCClnpUuduF2o/th2xR3gRZAUU4\n";

    private static readonly Checkpoint Sample = new(Origin, 200, MerkleTree.LeafHash("root"u8));

    [Fact]
    public void A_checkpoint_that_another_implementation_signed_verifies()
    {
        var key = NoteKey.Of(ForeignName, Convert.FromBase64String(ForeignKey))!;
        key.Id.Should().Be(0xc0d23d6a);
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes(ForeignNote), out _)!;

        note.Verify(new NoteKeyRing([key])).Should().BeNull();
        note.ToString().Should().Be(ForeignNote);
        var checkpoint = Checkpoint.Parse(note.Text)!;
        checkpoint.Size.Should().Be(21428036);
        checkpoint.Extensions.Should().Equal("Timestamp: 1688058656037355364");
        checkpoint.ToText().Should().Be(note.Text);

        var edited = SignedNote.Parse(Encoding.UTF8.GetBytes(ForeignNote.Replace("21428036", "21428037", StringComparison.Ordinal)), out _)!;
        edited.Verify(new NoteKeyRing([key])).Should().Be(NoteFault.BadSignature);
    }

    [Fact]
    public void A_signed_checkpoint_reads_back()
    {
        using var signer = new TestSigner(Origin);
        var note = Sample.Sign(signer);

        var result = Reader(signer).Read(note.ToBytes());

        result.Fault.Should().BeNull();
        result.Checkpoint.Should().Be(Sample);
        note.ToString().Should().StartWith($"{Origin}\n200\n{Sample.Root.ToBase64()}\n\n\u2014 {Origin} ");
    }

    [Fact]
    public void Every_changed_byte_of_a_signed_checkpoint_is_refused()
    {
        using var signer = new TestSigner(Origin);
        var bytes = Sample.Sign(signer).ToBytes();
        var reader = Reader(signer);
        for (var i = 0; i < bytes.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                bytes[i] ^= (byte)(1 << bit);
                reader.Read(bytes).Fault.Should().NotBeNull($"bit {bit} of byte {i} is another one");
                bytes[i] ^= (byte)(1 << bit);
            }
        }

        reader.Read(bytes).Fault.Should().BeNull();
    }

    [Fact]
    public void A14_a_key_of_the_same_name_is_ignored_and_never_believed()
    {
        using var signer = new TestSigner(Origin);
        using var stranger = new TestSigner(Origin);
        var theirs = Sample.Sign(stranger);

        Reader(signer).Read(theirs.ToBytes()).Fault.Should().Be(NoteFault.UnknownKey);
        Reader(signer).Read(theirs.With(Sample.Sign(signer)).ToBytes()).Checkpoint.Should().Be(Sample, "an unknown signature beside a good one does not matter");
        Reader(signer).Read(Sample.Sign(signer).With(theirs).ToBytes()).Checkpoint.Should().Be(Sample);
    }

    [Fact]
    public void A14_a_signature_with_the_id_of_a_known_key_must_be_from_it()
    {
        using var signer = new TestSigner(Origin);
        using var stranger = new TestSigner(Origin);
        var good = Sample.Sign(signer);
        var forged = Note(Sample.ToText(), Origin, signer.Key.Id, stranger.Sign(Encoding.UTF8.GetBytes(Sample.ToText())));
        var otherName = Note(Sample.ToText(), "somebody.example", signer.Key.Id, good.Signatures[0].Signature.ToArray());

        Reader(signer).Read(forged).Fault.Should().Be(NoteFault.BadSignature);
        Reader(signer).Read(SignedNote.Parse(forged, out _)!.With(good).ToBytes()).Fault.Should().Be(NoteFault.BadSignature, "a good one beside it does not help");
        Reader(signer).Read(otherName).Fault.Should().Be(NoteFault.UnknownKey, "the id alone is no key");
    }

    [Fact]
    public void A14_old_and_new_keys_overlap_in_one_ring()
    {
        using var old = new TestSigner(Origin);
        using var present = new TestSigner(Origin);
        var reader = new CheckpointReader(Origin, [old.Key, present.Key, old.Key], []);

        reader.Read(Sample.Sign(old).ToBytes()).Checkpoint.Should().Be(Sample);
        reader.Read(Sample.Sign(present).ToBytes()).Checkpoint.Should().Be(Sample);
        Reader(present).Read(Sample.Sign(old).ToBytes()).Fault.Should().Be(NoteFault.UnknownKey);
    }

    [Fact]
    public void A15_a_key_that_signs_approvals_is_not_taken_for_checkpoints()
    {
        using var approvals = new TestSigner(Origin);
        using var checkpoints = new TestSigner(Origin);

        FluentActions.Invoking(() => new CheckpointReader(Origin, [checkpoints.Key, approvals.Key], [approvals.Key.Spki]))
            .Should().Throw<ArgumentException>().WithMessage("*also signs something else*");
        var reader = new CheckpointReader(Origin, [checkpoints.Key], [approvals.Key.Spki]);
        reader.Read(Sample.Sign(approvals).ToBytes()).Fault.Should().Be(NoteFault.UnknownKey);
    }

    [Fact]
    public void A15_even_with_one_key_for_both_no_signature_serves_the_other_purpose()
    {
        using var signer = new TestSigner(Origin);
        var jws = Encoding.ASCII.GetBytes("eyJhbGciOiJFUzI1NiJ9.eyJkaWdlc3QiOiJhYiJ9");
        var text = Encoding.UTF8.GetBytes(Sample.ToText());

        // A token's signature under a checkpoint, in both encodings.
        var token = signer.SignJws(jws);
        Reader(signer).Read(Note(Sample.ToText(), Origin, signer.Key.Id, token)).Fault.Should().Be(NoteFault.BadSignature);
        Reader(signer).Read(Note(Sample.ToText(), Origin, signer.Key.Id, signer.Sign(jws))).Fault.Should().Be(NoteFault.BadSignature);

        // What a token signs cannot be the text of a note at all, nor the other way round.
        FluentActions.Invoking(() => SignedNote.Sign(Encoding.ASCII.GetString(jws), signer)).Should().Throw<ArgumentException>();
        SignedNote.Parse(jws, out var fault).Should().BeNull();
        fault.Should().Be(NoteFault.BadForm);
        text.Should().Contain((byte)'\n');
        signer.VerifiesJws(jws, signer.SignJws(text)).Should().BeFalse();
        signer.VerifiesJws(jws, Sample.Sign(signer).Signatures[0].Signature.Span).Should().BeFalse();
    }

    [Fact]
    public void A_checkpoint_of_another_log_is_refused()
    {
        using var signer = new TestSigner(Origin);
        var note = SignedNote.Sign(Sample.ToText().Replace(Origin, "other.example", StringComparison.Ordinal), signer);

        Reader(signer).Read(note.ToBytes()).Fault.Should().Be(NoteFault.OtherLog);
        Reader(signer).Read(SignedNote.Sign("just a text\n", signer).ToBytes()).Fault.Should().Be(NoteFault.NotACheckpoint);
        using var other = new TestSigner("other.example");
        FluentActions.Invoking(() => Sample.Sign(other)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new CheckpointReader(Origin, [other.Key], [])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new CheckpointReader(Origin, [], [])).Should().Throw<ArgumentException>();
    }

    [Theory]
    [InlineData("o\n0\nR\n")]
    [InlineData("o\n200\nR\n")]
    [InlineData("o with spaces\n4611686018427387904\nR\n")]
    [InlineData("o\n1\nR\nextension\nanother\n")]
    public void The_text_of_a_checkpoint_is_read(string text)
    {
        var given = text.Replace("R", Sample.Root.ToBase64(), StringComparison.Ordinal);

        Checkpoint.Parse(given)!.ToText().Should().Be(given);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n\n")]
    [InlineData("o\n1\n")]
    [InlineData("o\n1\nR")]
    [InlineData("\n1\nR\n")]
    [InlineData("o\n\nR\n")]
    [InlineData("o\n01\nR\n")]
    [InlineData("o\n00\nR\n")]
    [InlineData("o\n-1\nR\n")]
    [InlineData("o\n+1\nR\n")]
    [InlineData("o\n 1\nR\n")]
    [InlineData("o\n1 \nR\n")]
    [InlineData("o\n1_0\nR\n")]
    [InlineData("o\n٣\nR\n")]
    [InlineData("o\n4611686018427387905\nR\n")]
    [InlineData("o\n99999999999999999999\nR\n")]
    [InlineData("o\n1\nR \n")]
    [InlineData("o\n1\nAAAA\n")]
    [InlineData("o\n1\nRRRR\n")]
    [InlineData("o\n1\nR\n\n")]
    [InlineData("o\n1\nR\next\n\n")]
    public void What_is_not_the_text_of_a_checkpoint_is_refused(string text) =>
        Checkpoint.Parse(text.Replace("R", Sample.Root.ToBase64(), StringComparison.Ordinal)).Should().BeNull();

    [Fact]
    public void A_root_in_another_spelling_of_base64_is_refused()
    {
        var root = Sample.Root.ToBase64();
        Checkpoint.Parse($"o\n1\n{root}\n").Should().NotBeNull();
        foreach (var spelling in (string[])[root.TrimEnd('='), root + "=", root.Replace('+', '-').Replace('/', '_') + "-", root[..^2] + (char)(root[^2] + 1) + "=", " " + root])
        {
            Checkpoint.Parse($"o\n1\n{spelling}\n").Should().BeNull(spelling);
        }
    }

    [Theory]
    [InlineData("", NoteFault.BadForm)]
    [InlineData("text\n", NoteFault.BadForm)]
    [InlineData("text\n\n", NoteFault.BadForm)]
    [InlineData("text\n\n\u2014 a AAAAAAA=", NoteFault.BadForm)]
    [InlineData("text\n\u2014 a AAAAAAA=\n", NoteFault.BadForm)]
    [InlineData("te\u0000xt\n\n\u2014 a AAAAAAA=\n", NoteFault.BadText)]
    [InlineData("text\r\n\n\u2014 a AAAAAAA=\n", NoteFault.BadText)]
    [InlineData("te\txt\n\n\u2014 a AAAAAAA=\n", NoteFault.BadText)]
    [InlineData("text\n\n- a AAAAAAA=\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014a AAAAAAA=\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014  AAAAAAA=\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a+b AAAAAAA=\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a\u00a0b AAAAAAA=\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAA\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAAAA==\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAAAAB=\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAAAAA\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAAAAA= \n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAA AAA=\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAAAAA=\nmore\n", NoteFault.BadSignatureLine)]
    [InlineData("text\n\n\u2014 a AAAAAAA=\n\n", NoteFault.BadForm)]
    public void What_is_no_note_is_refused(string note, NoteFault expected)
    {
        SignedNote.Parse(Encoding.UTF8.GetBytes(note), out var fault).Should().BeNull();
        fault.Should().Be(expected);
    }

    [Fact]
    public void A_note_may_have_blank_lines_and_many_signatures_up_to_a_bound()
    {
        const string Line = "\u2014 a AAAAAAA=\n";
        var note = SignedNote.Parse(Encoding.UTF8.GetBytes("one\n\ntwo\n\n" + Line + Line), out _)!;
        note.Text.Should().Be("one\n\ntwo\n");
        note.Signatures.Should().HaveCount(2);

        SignedNote.Parse(Encoding.UTF8.GetBytes("x\n\n" + string.Concat(Enumerable.Repeat(Line, 64))), out _).Should().NotBeNull();
        SignedNote.Parse(Encoding.UTF8.GetBytes("x\n\n" + string.Concat(Enumerable.Repeat(Line, 65))), out var many).Should().BeNull();
        many.Should().Be(NoteFault.TooLarge);
        SignedNote.Parse(new byte[SignedNote.MaxBytes + 1], out var large).Should().BeNull();
        large.Should().Be(NoteFault.TooLarge);
        SignedNote.Parse([(byte)'x', 0xff, (byte)'\n'], out var bytes).Should().BeNull();
        bytes.Should().Be(NoteFault.BadText);
    }

    [Fact]
    public void A_key_has_one_text_form()
    {
        using var signer = new TestSigner(Origin);
        var text = signer.Key.ToString();

        text.Should().MatchRegex($"^{Origin}\\+[0-9a-f]{{8}}\\+[A-Za-z0-9+/]+=*$");
        NoteKey.Parse(text)!.Spki.ToArray().Should().Equal(signer.Key.Spki.ToArray());
        var parts = text.Split('+', 3);
        var ed25519 = Convert.ToBase64String([0x01, .. new byte[32]]);
        foreach (var wrong in (string[])["", parts[0], $"{parts[0]}+{parts[1]}", $"x y+{parts[1]}+{parts[2]}", $"{parts[0]}+00000000+{parts[2]}", $"{parts[0]}+{parts[1].ToUpperInvariant()}+{parts[2]}A", $"{parts[0]}+{parts[1]}+{ed25519}", text + " "])
        {
            NoteKey.Parse(wrong).Should().BeNull(wrong);
        }
    }

    [Fact]
    public void Only_a_P256_key_in_its_one_encoding_is_a_key()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var spki = p256.ExportSubjectPublicKeyInfo();

        NoteKey.Of(Origin, spki).Should().NotBeNull();
        NoteKey.Of(Origin, p384.ExportSubjectPublicKeyInfo()).Should().BeNull();
        NoteKey.Of(Origin, rsa.ExportSubjectPublicKeyInfo()).Should().BeNull();
        NoteKey.Of(Origin, [.. spki, 0]).Should().BeNull();
        NoteKey.Of(Origin, spki.AsSpan(1)).Should().BeNull();
        NoteKey.Of(Origin, []).Should().BeNull();
        foreach (var name in (string[])["", "a b", "a+b", "a\nb", "a\u2003b", "a\ud800"])
        {
            NoteKey.Of(name, spki).Should().BeNull();
        }

        NoteKey.Of(Origin, spki)!.Id.Should().Be(BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(spki)));
    }

    [Fact]
    public void A_signer_whose_keys_do_not_belong_together_is_found_out_at_once()
    {
        using var one = new TestSigner(Origin);
        using var two = new TestSigner(Origin) { Key = one.Key };

        FluentActions.Invoking(() => Sample.Sign(two)).Should().Throw<InvalidOperationException>().WithMessage("*belong together*");
    }

    [Fact]
    public void A_note_lends_signatures_only_to_its_own_text()
    {
        using var signer = new TestSigner(Origin);
        var one = SignedNote.Sign("one\n", signer);

        FluentActions.Invoking(() => one.With(SignedNote.Sign("two\n", signer))).Should().Throw<ArgumentException>();
        foreach (var text in (string[])["", "no line feed", "a\tb\n", "a\ud800\n"])
        {
            FluentActions.Invoking(() => SignedNote.Sign(text, signer)).Should().Throw<ArgumentException>();
        }
    }

    private static CheckpointReader Reader(TestSigner signer) => new(Origin, [signer.Key], []);

    private static byte[] Note(string text, string name, uint id, byte[] signature)
    {
        var bytes = new byte[4 + signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, id);
        signature.CopyTo(bytes, 4);
        return Encoding.UTF8.GetBytes($"{text}\n\u2014 {name} {Convert.ToBase64String(bytes)}\n");
    }
}
