using System.Buffers;
using System.Text.RegularExpressions;

namespace McpActors.Core.Servers;

/// <summary>
/// Finds what looks like a credential in texts, URLs and argument lists. The expressions run without backtracking,
/// in time linear in the text, because some of the texts come from servers that nobody trusts.
/// </summary>
internal static class CredentialFinder
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <summary>Prefixes by which the issuers of tokens mark them, so that scanners find them.</summary>
    private static readonly Regex Marked = new(
        @"\b(?:sk-[A-Za-z0-9_\-]{8,}|gh[pousr]_[A-Za-z0-9]{10,}|github_pat_[A-Za-z0-9_]{10,}"
        + @"|gl(?:pat|dt|rt|soat|ptt|ft|imt|agent|oas|cbt)-[A-Za-z0-9_\-.]{8,}|xox[a-z]-[A-Za-z0-9\-]{6,}|xapp-[A-Za-z0-9\-]{8,}"
        + @"|(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}|npm_[A-Za-z0-9]{16,}|AIza[A-Za-z0-9_\-]{20,}|ya29\.[A-Za-z0-9_\-]{8,}"
        + @"|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)?|SG\.[A-Za-z0-9_\-]{16,}(?:\.[A-Za-z0-9_\-]+)?"
        + @"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|(?:whsec|hf|r8|gsk|ntn|figd|dckr_pat|sbp|sb_secret|glsa|mcpa|shpat|shpss|shpca|dop_v1|doo_v1|lin_api|tvly|pplx|xai|fc|re)[_\-][A-Za-z0-9_\-]{16,}"
        + @"|pypi-[A-Za-z0-9_\-]{16,}|tskey-[A-Za-z0-9\-]{12,}|hv[sbr]\.[A-Za-z0-9_\-]{16,}|(?:PMAK|NRAK)-[A-Za-z0-9\-]{12,}|ATATT[A-Za-z0-9_\-=]{16,})",
        Linear);

    private static readonly SearchValues<char> UrlEnds = SearchValues.Create(" \t\r\n\"'<>`");

    private static readonly SearchValues<char> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Keeps the work linear for a text that is nothing but "a://a://a://".
    private const int LongestAuthority = 1024;

    private static readonly Regex PrivateKey = new(
        @"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?", Linear);

    private static readonly Regex Scheme = new(@"[A-Za-z][A-Za-z0-9+.\-]*://", Linear);

    private static readonly Regex Challenge = new(@"\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC)[ \t]+([A-Za-z0-9_\-.~+/=:]+)", Linear);

    private static readonly Regex Flag = new(@"--?([A-Za-z][A-Za-z0-9_\-]*)[ \t]+[""']?([^\s""'\-][^\s""']*)", Linear);

    private static readonly Regex Name = new(@"[A-Za-z_][A-Za-z0-9_.\-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9_.\-]*)*", Linear);

    /// <summary>Where a free text holds something that looks like a credential; in no order, may overlap.</summary>
    public static List<TextSpan> InText(string text)
    {
        var found = new List<TextSpan>();
        if (text.Length < 3)
        {
            return found;
        }

        AddMarked(text, found);
        AddUserInfo(text, found);
        AddChallenges(text, found);
        NamedValues.Add(text, Name, found);
        AddFlagged(text, found);
        RandomWords.Add(text, found);

        return found;
    }

    /// <summary>A flag and its value within one text, as in <c>sh -c "serve --password x"</c>.</summary>
    private static void AddFlagged(string text, List<TextSpan> found)
    {
        for (var match = Flag.Match(text); match.Success; match = match.NextMatch())
        {
            var value = match.Groups[2];
            if (value.Length >= 4 && SecretWords.Smells(match.Groups[1].Value) && !IsReference(value.ValueSpan))
            {
                found.Add(new TextSpan(value.Index, value.Index + value.Length));
            }
        }
    }

    /// <summary>As <see cref="InText"/>, and every value of the query or fragment whose (decoded) name smells.</summary>
    public static List<TextSpan> InUrl(string url)
    {
        var found = InText(url);
        var start = url.AsSpan().IndexOfAny('?', '#');
        while (start >= 0 && start < url.Length)
        {
            var next = url.AsSpan(start + 1).IndexOfAny('&', '#', '?');
            var end = next < 0 ? url.Length : start + 1 + next;
            var equals = url.IndexOf('=', start, end - start);
            if (equals > 0 && equals + 1 < end)
            {
                var name = Uri.UnescapeDataString(url[(start + 1)..equals]);
                if ((SecretWords.Smells(name) || name is "code" or "k") && !IsReference(url.AsSpan(equals + 1, end - equals - 1)))
                {
                    found.Add(new TextSpan(equals + 1, end));
                }
            }

            start = next < 0 ? -1 : end;
        }

        return found;
    }

    /// <summary>
    /// For every argument, where it holds something that looks like a credential: by itself, or because
    /// the flag before it says so (<c>--token X</c>, <c>-H "Authorization: X"</c>, <c>-u name:password</c>).
    /// </summary>
    public static List<TextSpan>[] InArguments(IReadOnlyList<string> args)
    {
        var found = new List<TextSpan>[args.Count];
        string? flag = null;
        for (var i = 0; i < found.Length; i++)
        {
            var arg = args[i];
            var spans = found[i] = InUrl(arg);
            if (flag is not null && !arg.StartsWith("--", StringComparison.Ordinal) && AfterFlag(flag, arg) is { } after)
            {
                spans.Add(after);
            }
            else if (Assigned(arg) is { } assigned)
            {
                spans.Add(assigned);
            }

            flag = arg.Length > 1 && arg[0] == '-' && !arg.Contains('=') && !arg.Contains(' ') ? arg : null;
        }

        return found;
    }

    /// <summary>
    /// True for a text that refers to a variable without a written default (<c>${TOKEN}</c>, <c>$TOKEN</c>,
    /// <c>Bearer ${TOKEN}</c>), or that is masked already.
    /// </summary>
    public static bool IsReference(ReadOnlySpan<char> value)
    {
        var blank = value.IndexOf(' ');
        if (blank > 0 && !value[..blank].ContainsAnyExcept(Letters))
        {
            value = value[blank..].TrimStart(' ');
        }

        return value.StartsWith(Redactor.Mask, StringComparison.Ordinal)
            || (value.Length > 1 && value[0] == '$' && (value[1] == '{' || char.IsAsciiLetter(value[1]))
                && (!value.Contains(":-", StringComparison.Ordinal) || value.EndsWith(":-}", StringComparison.Ordinal)));
    }

    private static TextSpan? AfterFlag(string flag, string arg)
    {
        var name = flag.TrimStart('-');
        if (flag is "-H" || name.Equals("header", StringComparison.OrdinalIgnoreCase))
        {
            return Header(arg, 0);
        }

        if (flag is "-u" or "--user" or "--userpwd" or "--proxy-user")
        {
            var colon = arg.IndexOf(':');
            var ids = colon > 0 && arg.All(c => char.IsAsciiDigit(c) || c == ':');
            return colon > 0 && colon + 1 < arg.Length && !ids && !arg.Contains("://", StringComparison.Ordinal)
                ? new TextSpan(colon + 1, arg.Length)
                : null;
        }

        return name.Length > 1 && SecretWords.Smells(name) && IsSecretOf(name, arg) ? new TextSpan(0, arg.Length) : null;
    }

    // "--api-key=X", "API_KEY=X" and "--header=Authorization: X": here the value is all the rest, blanks included.
    private static TextSpan? Assigned(string arg)
    {
        var equals = arg.IndexOf('=');
        if (equals <= 0 || equals + 1 >= arg.Length)
        {
            return Header(arg, 0);
        }

        var name = arg[..equals].TrimStart('-');
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
        {
            return Header(arg, 0);
        }

        if (name.Equals("header", StringComparison.OrdinalIgnoreCase))
        {
            return Header(arg, equals + 1);
        }

        return SecretWords.Smells(name) && IsSecretOf(name, arg.AsSpan(equals + 1)) ? new TextSpan(equals + 1, arg.Length) : null;
    }

    // "Authorization: X" as one whole argument; the name must smell.
    private static TextSpan? Header(string arg, int from)
    {
        var colon = arg.IndexOf(':', from);
        if (colon <= from || colon + 1 >= arg.Length)
        {
            return null;
        }

        var name = arg[from..colon];
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') || !SecretWords.Smells(name))
        {
            return null;
        }

        var start = colon + 1;
        while (start < arg.Length && arg[start] == ' ')
        {
            start++;
        }

        return start < arg.Length && !IsReference(arg.AsSpan(start)) ? new TextSpan(start, arg.Length) : null;
    }

    /// <summary>False for a switch, for a reference, and for the count of tokens in <c>--tokens 4096</c>.</summary>
    internal static bool IsSecretOf(string name, ReadOnlySpan<char> value)
    {
        var counts = name.EndsWith("tokens", StringComparison.OrdinalIgnoreCase) && !value.ContainsAnyExceptInRange('0', '9');
        return value.Length > 0 && !counts && !IsReference(value) && !SecretWords.IsSwitch(value.ToString());
    }

    private static void AddMarked(string text, List<TextSpan> found)
    {
        foreach (var match in Marked.EnumerateMatches(text))
        {
            var value = text.AsSpan(match.Index, match.Length);

            // "sk-learn-models" and "re-something-long-winded" are words; no issuer's token is without digit and capital.
            if (value.ContainsAnyInRange('0', '9') || value[4..].ContainsAnyInRange('A', 'Z'))
            {
                found.Add(new TextSpan(match.Index, match.Index + match.Length));
            }
        }

        foreach (var match in PrivateKey.EnumerateMatches(text))
        {
            found.Add(new TextSpan(match.Index, match.Index + match.Length));
        }
    }

    private static void AddUserInfo(string text, List<TextSpan> found)
    {
        foreach (var match in Scheme.EnumerateMatches(text))
        {
            var start = match.Index + match.Length;
            var run = text.AsSpan(start, Math.Min(text.Length - start, LongestAuthority));
            var length = run.IndexOfAny(UrlEnds);
            run = length < 0 ? run : run[..length];
            var slash = run.IndexOfAny('/', '?', '#');
            var authority = slash < 0 ? run : run[..slash];
            var at = authority.LastIndexOf('@');
            if (at < 0 && slash >= 0 && authority.IndexOf(':') is var colon and >= 0
                && authority[(colon + 1)..].ContainsAnyExceptInRange('0', '9') && !authority.Contains(']'))
            {
                // An unescaped slash in a password: "postgres://user:p/w@host".
                at = run.LastIndexOf('@');
            }

            if (at > 0 && !run[..at].SequenceEqual("git") && !IsReference(run[(run[..at].IndexOf(':') + 1)..at]))
            {
                found.Add(new TextSpan(start, start + at));
            }
        }
    }

    private static void AddChallenges(string text, List<TextSpan> found)
    {
        foreach (Match match in Challenge.Matches(text))
        {
            var value = match.Groups[1];

            // "Bearer authentication is required" is prose.
            var prose = value.Length < 6 || (value.Length < 16 && value.Value.All(c => char.IsAsciiLetterLower(c) || c is '.' or ':'));
            if (!prose)
            {
                found.Add(new TextSpan(value.Index, value.Index + value.Length));
            }
        }
    }
}
