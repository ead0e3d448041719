using System.Buffers;

namespace McpActors.Core.Servers;

/// <summary>
/// Tells random words (keys, digests of unknown kind) from words that people or package managers write.
/// </summary>
/// <remarks>
/// The measure is how often neighbouring characters change between lower case, upper case and digit. In random base62
/// that is 1 - (26² + 26² + 10²) / 62² = 62 % of all pairs, in random base36 40 %, in
/// <c>MyPackageForServer2024</c> about a fifth. UUIDs, version numbers and commit pins (<c>#</c> or <c>@</c> before
/// forty hex digits, <c>sha256:</c>) are left alone.
/// </remarks>
internal static class RandomWords
{
    private const int ShortestMixed = 20;
    private const int ShortestTwoKinds = 24;
    private const int ShortestHex = 32;
    private const int ShortestWithSlashes = 32;

    private static readonly SearchValues<char> WordCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_=-");

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Adds the random words of a text.</summary>
    public static void Add(string text, List<TextSpan> found)
    {
        for (var at = 0; at < text.Length;)
        {
            var offset = text.AsSpan(at).IndexOfAny(WordCharacters);
            if (offset < 0)
            {
                return;
            }

            var start = at + offset;
            var length = text.AsSpan(start).IndexOfAnyExcept(WordCharacters);
            at = length < 0 ? text.Length : start + length;
            if (at - start >= ShortestMixed)
            {
                AddRun(text, start, at, found);
            }
        }
    }

    private static void AddRun(string text, int start, int end, List<TextSpan> found)
    {
        var run = text.AsSpan(start, end - start);
        var path = (start > 0 && text[start - 1] is '/' or '.') || run[0] is '/' or '-';
        if (!path && run.Length >= ShortestWithSlashes && run.ContainsAny('/', '+') && IsMixed(run, 0.4))
        {
            found.Add(new TextSpan(start, end));
            return;
        }

        var from = start;
        for (var i = start; i <= end; i++)
        {
            if (i == end || text[i] is '/' or '+' or '=')
            {
                AddPart(text, from, i, found);
                from = i + 1;
            }
        }
    }

    private static void AddPart(string text, int start, int end, List<TextSpan> found)
    {
        while (start < end && text[start] is '-' or '_')
        {
            start++;
        }

        var part = text.AsSpan(start, end - start);
        if (part.Length < ShortestMixed)
        {
            return;
        }

        if (IsMixed(part, 0.3))
        {
            found.Add(new TextSpan(start, end));
            return;
        }

        // Words of one case are joined by dashes as a rule: each stands for itself.
        var from = start;
        for (var i = start; i <= end; i++)
        {
            if (i == end || text[i] is '-' or '_')
            {
                if (IsRandomSegment(text, from, i))
                {
                    found.Add(new TextSpan(from, i));
                }

                from = i + 1;
            }
        }
    }

    private static bool IsRandomSegment(string text, int start, int end)
    {
        var segment = text.AsSpan(start, end - start);
        if (segment.Length >= ShortestHex && !segment.ContainsAnyExcept(HexDigits))
        {
            var before = start > 0 ? text[start - 1] : ' ';
            return before is not ('#' or '@' or ':' or '-') && segment.ContainsAnyInRange('0', '9');
        }

        return segment.Length >= ShortestTwoKinds && CountDigits(segment) >= 4 && Changes(segment) >= 0.25 * segment.Length;
    }

    private static bool IsMixed(ReadOnlySpan<char> word, double least) =>
        word.ContainsAnyInRange('a', 'z') && word.ContainsAnyInRange('A', 'Z') && CountDigits(word) >= 2
        && Changes(word) >= least * word.Length;

    private static int CountDigits(ReadOnlySpan<char> word)
    {
        var digits = 0;
        foreach (var c in word)
        {
            digits += char.IsAsciiDigit(c) ? 1 : 0;
        }

        return digits;
    }

    private static int Changes(ReadOnlySpan<char> word)
    {
        var changes = 0;
        for (var i = 1; i < word.Length; i++)
        {
            changes += Kind(word[i]) != Kind(word[i - 1]) && Kind(word[i]) != 0 && Kind(word[i - 1]) != 0 ? 1 : 0;
        }

        return changes;
    }

    private static int Kind(char c) =>
        char.IsAsciiLetterLower(c) ? 1 : char.IsAsciiLetterUpper(c) ? 2 : char.IsAsciiDigit(c) ? 3 : 0;
}
