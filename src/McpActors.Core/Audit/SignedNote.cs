using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace McpActors.Core.Audit;

/// <summary>Why a text is no signed note, or one that proves nothing.</summary>
public enum NoteFault
{
    /// <summary>Longer than <see cref="SignedNote.MaxBytes"/>, or more than <see cref="SignedNote.MaxSignatures"/> signatures.</summary>
    TooLarge,

    /// <summary>No UTF-8, or a control character other than the line feed.</summary>
    BadText,

    /// <summary>No blank line before the signatures, no signature, or text before them that does not end a line.</summary>
    BadForm,

    /// <summary>A line after the blank one is no signature: dash, blank, name, blank, base64 of five bytes or more.</summary>
    BadSignatureLine,

    /// <summary>No signature is from a key that is known. Others are ignored, also such with a known name.</summary>
    UnknownKey,

    /// <summary>A signature says that it is from a known key, and is not.</summary>
    BadSignature,

    /// <summary>The text is signed, but it is no checkpoint.</summary>
    NotACheckpoint,

    /// <summary>The checkpoint is that of another log.</summary>
    OtherLog,
}

/// <summary>One signature line.</summary>
/// <param name="Name">The key's name; a claim.</param>
/// <param name="KeyId">The first four bytes of the signature, big-endian; a claim.</param>
/// <param name="Signature">The rest.</param>
public sealed record NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Signature);

/// <summary>
/// Text with signatures, in the form of C2SP signed-note: the text, a blank line, and for every signature the line
/// <c>— name base64(key id || signature)</c>. What is parsed has exactly one byte form, the one it was read from.
/// </summary>
public sealed class SignedNote
{
    /// <summary>Bytes of a note at most.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>Signatures of a note at most; the specification asks for 16 or more.</summary>
    public const int MaxSignatures = 64;

    private const string LineStart = "\u2014 ";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private SignedNote(string text, ImmutableArray<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>The text with its last line feed. Means nothing before a signature was verified.</summary>
    public string Text { get; }

    /// <summary>The signatures as they stand there, verified or not.</summary>
    public ImmutableArray<NoteSignature> Signatures { get; }

    /// <summary>Signs a text, and reads and verifies the result before it is given out.</summary>
    /// <exception cref="ArgumentException">The text cannot be that of a note: empty, no line feed at its end, a control character, half a surrogate pair.</exception>
    /// <exception cref="InvalidOperationException">The signer's signature does not fit its own public key.</exception>
    public static SignedNote Sign(string text, INoteSigner signer)
    {
        ArgumentNullException.ThrowIfNull(signer);
        CheckText(text);
        var key = signer.Key;
        var signature = signer.Sign(Strict.GetBytes(text));
        var note = new SignedNote(text, [new NoteSignature(key.Name, key.Id, signature)]);
        if (Parse(note.ToBytes(), out var fault) is not { } read || read.Text != text || read.Verify(new NoteKeyRing([key])) is { } refused)
        {
            throw new InvalidOperationException($"The signer '{key.Name}' made a signature that its own key does not verify ({fault}). Check that the private key and the public key belong together.");
        }

        return note;
    }

    /// <summary>The same note with the signatures of another one over the same text (a second key, a witness).</summary>
    /// <exception cref="ArgumentException">The texts differ, or there are too many signatures.</exception>
    public SignedNote With(SignedNote other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var signatures = Signatures.AddRange(other.Signatures);
        return other.Text == Text && signatures.Length <= MaxSignatures
            ? new SignedNote(Text, signatures)
            : throw new ArgumentException("Only a note with the same text can lend its signatures, up to 64 in all.", nameof(other));
    }

    /// <summary>The note in UTF-8.</summary>
    public byte[] ToBytes() => Strict.GetBytes(ToString());

    /// <summary>The note as text.</summary>
    public override string ToString()
    {
        var note = new StringBuilder(Text).Append('\n');
        foreach (var signature in Signatures)
        {
            var bytes = new byte[4 + signature.Signature.Length];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, signature.KeyId);
            signature.Signature.Span.CopyTo(bytes.AsSpan(4));
            note.Append(LineStart).Append(signature.Name).Append(' ').Append(Convert.ToBase64String(bytes)).Append('\n');
        }

        return note.ToString();
    }

    /// <summary>Reads a note; null and the fault when it is none. Nothing is verified.</summary>
    public static SignedNote? Parse(ReadOnlySpan<byte> utf8, out NoteFault? fault)
    {
        fault = null;
        if (utf8.Length > MaxBytes)
        {
            fault = NoteFault.TooLarge;
            return null;
        }

        string note;
        try
        {
            note = Strict.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            fault = NoteFault.BadText;
            return null;
        }

        if (note.Any(IsForbidden))
        {
            fault = NoteFault.BadText;
            return null;
        }

        var blank = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (blank < 0 || blank + 2 == note.Length || note[^1] != '\n')
        {
            fault = NoteFault.BadForm;
            return null;
        }

        var lines = note[(blank + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
        {
            fault = NoteFault.TooLarge;
            return null;
        }

        var signatures = lines.Select(Line).ToArray();
        if (signatures.Contains(null))
        {
            fault = NoteFault.BadSignatureLine;
            return null;
        }

        return new SignedNote(note[..(blank + 1)], [.. signatures.Select(signature => signature!)]);
    }

    /// <summary>
    /// Null when at least one signature is from a known key, and all that say so are. A signature counts as from a key
    /// only when name and id are both the key's; every other one is ignored, as the specification demands.
    /// </summary>
    public NoteFault? Verify(NoteKeyRing keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var text = Strict.GetBytes(Text);
        var verified = 0;
        foreach (var signature in Signatures)
        {
            if (keys.Find(signature.Name, signature.KeyId) is { } key)
            {
                if (!key.Verifies(text, signature.Signature.Span))
                {
                    return NoteFault.BadSignature;
                }

                verified++;
            }
        }

        return verified > 0 ? null : NoteFault.UnknownKey;
    }

    private static NoteSignature? Line(string line)
    {
        if (!line.StartsWith(LineStart, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = line[LineStart.Length..];
        var end = rest.IndexOf(' ');
        if (end < 0 || !NoteKey.IsName(rest[..end]) || Base64(rest[(end + 1)..]) is not { Length: > 4 } bytes)
        {
            return null;
        }

        return new NoteSignature(rest[..end], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsMemory(4));
    }

    /// <summary>Standard base64 in its one right spelling: padded, no blanks, no stray bits.</summary>
    internal static byte[]? Base64(string text)
    {
        var bytes = new byte[(text.Length / 4 * 3) + 3];
        return Convert.TryFromBase64String(text, bytes, out var length) && Convert.ToBase64String(bytes, 0, length) == text ? bytes[..length] : null;
    }

    private static void CheckText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0 || text[^1] != '\n' || text.Any(IsForbidden) || AuditText.WellFormed(text) != text)
        {
            throw new ArgumentException("The text of a note ends in a line feed and holds no other control character and no half of a surrogate pair.", nameof(text));
        }
    }

    private static bool IsForbidden(char c) => c is < ' ' and not '\n';
}
