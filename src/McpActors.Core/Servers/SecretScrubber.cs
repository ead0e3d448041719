using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace McpActors.Core.Servers;

/// <summary>
/// Takes the known secrets of one server out of any text: its log lines, its error texts, what it says about itself.
/// Built once, used for every line; immutable and safe from several threads.
/// </summary>
/// <remarks>
/// A secret is also found URL-encoded, as base64 (alone or within a longer encoded text such as Basic credentials)
/// and JSON-escaped, and a secret of several lines is found line by line. Trivial values
/// (<see cref="SecretWords.IsTrivial"/>) are left alone: scrubbing <c>info</c> would ruin every log.
/// </remarks>
public sealed class SecretScrubber
{
    private const int ShortestLine = 8;
    private const int ShortestInsideBase64 = 8;

    private readonly string[] _longestFirst;
    private readonly SearchValues<string>? _any;

    /// <summary>A scrubber of these values.</summary>
    public SecretScrubber(IEnumerable<string> secrets)
    {
        var forms = new HashSet<string>(StringComparer.Ordinal);
        foreach (var secret in secrets)
        {
            AddForms(secret, forms);
        }

        _longestFirst = [.. forms.OrderByDescending(form => form.Length).ThenBy(form => form, StringComparer.Ordinal)];
        _any = _longestFirst.Length == 0 ? null : SearchValues.Create(_longestFirst, StringComparison.Ordinal);
    }

    /// <summary>A scrubber without secrets: every text stays as it is.</summary>
    public static SecretScrubber None { get; } = new([]);

    /// <summary>A scrubber of all secrets of a definition.</summary>
    public static SecretScrubber For(ServerDefinition definition) =>
        definition.Secrets.Count == 0 ? None : new SecretScrubber(definition.Secrets);

    /// <summary>Every form in which a secret is looked for; none for a trivial one.</summary>
    internal static IReadOnlySet<string> Forms(string secret)
    {
        var forms = new HashSet<string>(StringComparer.Ordinal);
        AddForms(secret, forms);
        return forms;
    }

    /// <summary>The text with every known secret replaced by <see cref="Redactor.Mask"/>; the same string when there is none.</summary>
    public string Scrub(string text)
    {
        if (_any is null || text.Length < SecretWords.ShortestScrubbed || text.AsSpan().IndexOfAny(_any) < 0)
        {
            return text;
        }

        var spans = new List<TextSpan>();
        Find(text, spans);
        return TextSpan.Mask(text, spans);
    }

    /// <summary>Adds where the secrets stand. Overlapping ones are all found, so that no rest of one is left.</summary>
    internal void Find(string text, List<TextSpan> found)
    {
        if (_any is null)
        {
            return;
        }

        var from = 0;
        while (from < text.Length)
        {
            var offset = text.AsSpan(from).IndexOfAny(_any);
            if (offset < 0)
            {
                return;
            }

            var start = from + offset;
            var rest = text.AsSpan(start);
            foreach (var form in _longestFirst)
            {
                if (rest.StartsWith(form, StringComparison.Ordinal))
                {
                    found.Add(new TextSpan(start, start + form.Length));
                    break;
                }
            }

            from = start + 1;
        }
    }

    private static void AddForms(string secret, HashSet<string> forms)
    {
        AddAllForms(secret, forms);
        AddAllForms(secret.Trim(), forms);
        if (secret.AsSpan().Trim().ContainsAny('\r', '\n'))
        {
            foreach (var line in secret.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                // "-----BEGIN PRIVATE KEY-----" is no secret, the lines under it are.
                if (line.Length >= ShortestLine && !line.StartsWith("-----", StringComparison.Ordinal))
                {
                    AddAllForms(line, forms);
                }
            }
        }
    }

    private static void AddAllForms(string secret, HashSet<string> forms)
    {
        if (SecretWords.IsTrivial(secret) || !forms.Add(secret))
        {
            return;
        }

        var escaped = UriEscaped(secret);
        forms.Add(escaped);
        forms.Add(escaped.Replace("%20", "+", StringComparison.Ordinal));
        forms.Add(LowerHex(escaped));
        forms.Add(JavaScriptEncoder.Default.Encode(secret));
        forms.Add(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret));

        var bytes = Encoding.UTF8.GetBytes(secret);
        AddBase64(Convert.ToBase64String(bytes).TrimEnd('='), forms);
        if (bytes.Length >= ShortestInsideBase64)
        {
            // Within a longer encoded text the secret may start at any of three bit offsets;
            // the characters that share bits with its neighbours are left out.
            for (var shift = 0; shift < 3; shift++)
            {
                var shifted = new byte[shift + bytes.Length];
                bytes.CopyTo(shifted, shift);
                var encoded = Convert.ToBase64String(shifted).TrimEnd('=');
                var first = shift == 0 ? 0 : shift + 1;
                var last = shifted.Length % 3 == 0 ? encoded.Length : encoded.Length - 1;
                AddBase64(encoded[first..last], forms);
            }
        }
    }

    private static void AddBase64(string encoded, HashSet<string> forms)
    {
        forms.Add(encoded);
        forms.Add(encoded.Replace('+', '-').Replace('/', '_'));
    }

    private static string UriEscaped(string text)
    {
        try
        {
            return Uri.EscapeDataString(text);
        }
        catch (UriFormatException)
        {
            return text;
        }
    }

    private static string LowerHex(string escaped)
    {
        var text = escaped.ToCharArray();
        for (var i = 0; i + 2 < text.Length; i++)
        {
            if (text[i] == '%')
            {
                text[i + 1] = char.ToLowerInvariant(text[i + 1]);
                text[i + 2] = char.ToLowerInvariant(text[i + 2]);
            }
        }

        return new string(text);
    }
}
