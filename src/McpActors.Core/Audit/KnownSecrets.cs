using System.Buffers;
using McpActors.Core.Servers;

namespace McpActors.Core.Audit;

/// <summary>Secrets by value, in every form in which they are looked for, each with the secret that it stands for.</summary>
internal sealed class KnownSecrets
{
    private readonly Dictionary<string, string> _originals = new(StringComparer.Ordinal);
    private readonly string[] _longestFirst;
    private readonly SearchValues<string>? _any;

    public KnownSecrets(IEnumerable<string> secrets)
    {
        foreach (var secret in secrets)
        {
            foreach (var form in SecretScrubber.Forms(secret))
            {
                // The form that is a secret itself stands for itself, whatever else encodes to it.
                if (form == secret || !_originals.ContainsKey(form))
                {
                    _originals[form] = secret;
                }
            }
        }

        _longestFirst = [.. _originals.Keys.OrderByDescending(form => form.Length).ThenBy(form => form, StringComparer.Ordinal)];
        _any = _longestFirst.Length == 0 ? null : SearchValues.Create(_longestFirst, StringComparison.Ordinal);
    }

    /// <summary>The secret that a text is a form of, or the text.</summary>
    public string Original(string text) => _originals.GetValueOrDefault(text, text);

    /// <summary>Whether a secret stands anywhere in the text.</summary>
    public bool Contains(string text) => _any is not null && text.AsSpan().ContainsAny(_any);

    /// <summary>Where secrets stand, in order; overlapping ones as one stretch.</summary>
    public List<TextSpan> Find(string text)
    {
        var found = new List<TextSpan>();
        for (var from = 0; _any is not null && from < text.Length;)
        {
            var offset = text.AsSpan(from).IndexOfAny(_any);
            if (offset < 0)
            {
                break;
            }

            var start = from + offset;
            var form = Array.Find(_longestFirst, candidate => text.AsSpan(start).StartsWith(candidate, StringComparison.Ordinal))!;
            found.Add(new TextSpan(start, start + form.Length));
            from = start + 1;
        }

        return TextSpans.Overlapping(found);
    }
}

/// <summary>Joins stretches of a text.</summary>
internal static class TextSpans
{
    /// <summary>In order, overlapping ones joined; touching ones stay apart.</summary>
    public static List<TextSpan> Overlapping(List<TextSpan> spans) => Join(spans, touching: false);

    /// <summary>In order, overlapping and touching ones joined.</summary>
    public static List<TextSpan> Union(List<TextSpan> spans) => Join(spans, touching: true);

    private static List<TextSpan> Join(List<TextSpan> spans, bool touching)
    {
        var joined = new List<TextSpan>(spans.Count);
        foreach (var span in spans.OrderBy(span => span.Start).ThenBy(span => span.End))
        {
            if (joined.Count > 0 && (span.Start < joined[^1].End || (touching && span.Start == joined[^1].End)))
            {
                joined[^1] = joined[^1] with { End = Math.Max(joined[^1].End, span.End) };
            }
            else
            {
                joined.Add(span);
            }
        }

        return joined;
    }
}

/// <summary>Names that say what stands beside or below them.</summary>
internal static class SecretNames
{
    private static readonly string[] Schemes = ["Bearer ", "Basic ", "Token ", "ApiKey ", "Digest ", "Negotiate "];

    /// <summary>Characters of the names of variables and headers.</summary>
    public static SearchValues<char> Characters { get; } =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    /// <summary>Whether what is below this name is a secret.</summary>
    public static bool IsSecret(string name) => SecretWords.Smells(name);

    /// <summary>Whether everything below this name is kept from view: the values of variables and headers.</summary>
    public static bool HoldsSecrets(string name) =>
        name.EndsWith("env", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("environment", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("variables", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("header", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("headers", StringComparison.OrdinalIgnoreCase);

    /// <summary>Characters of the scheme with which a credential begins, its blanks included; 0 without one.</summary>
    public static int SchemeLength(string text)
    {
        foreach (var scheme in Schemes)
        {
            if (text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                var length = scheme.Length;
                while (length < text.Length && text[length] == ' ')
                {
                    length++;
                }

                return length;
            }
        }

        return 0;
    }
}
