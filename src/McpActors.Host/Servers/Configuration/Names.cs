using System.Globalization;
using System.Text;

namespace McpActors.Host.Servers.Configuration;

/// <summary>What names may look like, and which known name a mistyped one is nearest to.</summary>
internal static class Names
{
    /// <summary>Longer names of servers are refused.</summary>
    public const int LongestServerName = 128;

    /// <summary>False for characters that change how the rest of a line is shown.</summary>
    public static bool IsShowable(char c) =>
        !char.IsControl(c) && CharUnicodeInfo.GetUnicodeCategory(c) is not
            (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    /// <summary>Why a name cannot be a server's, or null when it can.</summary>
    public static string? FaultOf(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            return "A server has no name.";
        }

        if (name.Length > LongestServerName)
        {
            return $"A server's name has {name.Length} characters; the most is {LongestServerName}.";
        }

        if (name is "." or "..")
        {
            return "A server's name stands in addresses, where a dot or two mean something else.";
        }

        return name.All(IsShowable) ? null : "A server's name holds control characters, or characters that cannot be seen.";
    }

    /// <summary>True for a name that an environment variable can have.</summary>
    public static bool IsVariable(string name) =>
        name.Length is > 0 and <= 256 && name.All(c => !char.IsControl(c) && !char.IsWhiteSpace(c) && c != '=');

    /// <summary>True for a header's name: a token of RFC 9110, section 5.6.2.</summary>
    public static bool IsHeader(string name) =>
        name.Length is > 0 and <= 256 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));

    /// <summary>The known name that a mistyped one is nearest to (two edits at most, case and separators apart), or null.</summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        var plain = Plain(name);
        if (plain.Length is 0 or > 40)
        {
            return null;
        }

        var best = known.Select(candidate => (candidate, distance: Distance(plain, Plain(candidate))))
            .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal).FirstOrDefault();
        return best.candidate is not null && best.distance <= Math.Min(2, plain.Length / 2) ? best.candidate : null;
    }

    /// <summary>A name in lower case without separators: <c>mcp_servers</c> and <c>mcpServers</c> are alike.</summary>
    public static string Plain(string name)
    {
        var plain = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            if (c is not ('_' or '-' or ' ' or '.'))
            {
                plain.Append(char.ToLowerInvariant(c));
            }
        }

        return plain.ToString();
    }

    // Levenshtein's distance, by rows.
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
