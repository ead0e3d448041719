using System.Text.RegularExpressions;

namespace McpActors.Core.Servers;

/// <summary>Finds values whose name announces a secret within free text: <c>password=x</c>, <c>"token": "x"</c>, <c>Cookie: x</c>.</summary>
internal static class NamedValues
{
    /// <summary>Adds where such values stand.</summary>
    public static void Add(string text, Regex name, List<TextSpan> found)
    {
        if (text.AsSpan().IndexOfAny('=', ':') < 0)
        {
            return;
        }

        var covered = 0;
        foreach (var match in name.EnumerateMatches(text))
        {
            if (match.Index < covered)
            {
                continue;
            }

            var end = match.Index + match.Length;
            var at = end;
            var quoted = at < text.Length && text[at] is '"' or '\'';
            at = Blanks(text, quoted ? at + 1 : at);
            if (at >= text.Length || text[at] is not ('=' or ':'))
            {
                continue;
            }

            var word = text[match.Index..end];
            if (!SecretWords.Smells(word.Contains('%') ? Uri.UnescapeDataString(word) : word))
            {
                continue;
            }

            var opener = match.Index > 0 ? text[match.Index - 1] : '\0';
            var span = text[at] == '='
                ? AfterEquals(text, match.Index, at + 1, opener)
                : AfterColon(text, word, at + 1, quoted);
            if (span is not { } value || value.End <= value.Start)
            {
                continue;
            }

            // Names within a value are part of it; looking at each again would take quadratic time.
            covered = value.End;
            if (CredentialFinder.IsSecretOf(word, text.AsSpan(value.Start, value.End - value.Start)))
            {
                found.Add(value);
            }
        }
    }

    private static TextSpan? AfterEquals(string text, int nameStart, int start, char opener)
    {
        start = Blanks(text, start);
        if (start < text.Length && text[start] is '"' or '\'')
        {
            return UpToQuote(text, start);
        }

        // Inside "Server=x;Password=a b;Database=y" a value ends at the semicolon, blanks belong to it.
        var before = nameStart - 1;
        while (before >= 0 && text[before] == ' ')
        {
            before--;
        }

        var connectionString = before >= 0 && text[before] == ';';
        var end = start;
        while (end < text.Length && text[end] is not (';' or '&' or '\r' or '\n')
            && (connectionString || !char.IsWhiteSpace(text[end]))
            && !(opener is '"' or '\'' && text[end] == opener))
        {
            end++;
        }

        return new TextSpan(start, end);
    }

    private static TextSpan? AfterColon(string text, string name, int start, bool quotedName)
    {
        var glued = start < text.Length && text[start] != ' ';
        start = Blanks(text, start);
        if (start >= text.Length)
        {
            return null;
        }

        if (text[start] is '"' or '\'')
        {
            return UpToQuote(text, start);
        }

        var end = start;
        if (IsHeader(name))
        {
            while (end < text.Length && text[end] is not ('\r' or '\n' or '"' or '\''))
            {
                end++;
            }

            return new TextSpan(start, end);
        }

        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not (',' or ';' or '"' or '\'' or '}' or ']'))
        {
            end++;
        }

        // "token: abc123" is a value, "auth: failed to connect" and "std::auth::Error" are prose and code.
        var value = text.AsSpan(start, end - start);
        var valueLike = quotedName || (value.Length >= 6 && value[0] != ':' && (value.ContainsAnyInRange('0', '9') || glued));
        return valueLike ? new TextSpan(start, end) : null;
    }

    private static TextSpan UpToQuote(string text, int quote)
    {
        var end = quote + 1;
        while (end < text.Length && text[end] != text[quote])
        {
            end += text[end] == '\\' ? 2 : 1;
        }

        return new TextSpan(quote + 1, Math.Min(end, text.Length));
    }

    private static bool IsHeader(string name) =>
        name.Equals("cookie", StringComparison.OrdinalIgnoreCase)
        || name.Equals("set-cookie", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("authorization", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("x-", StringComparison.OrdinalIgnoreCase);

    private static int Blanks(string text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }

        return at;
    }
}
