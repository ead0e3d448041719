using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace McpActors.Actors.Servers.Processes;

/// <summary>File names for server names, which may be any text.</summary>
public static class SafeName
{
    private const int Longest = 64;
    private const int HashLength = 16;
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    /// <summary>
    /// A name of ASCII letters, digits, <c>-</c>, <c>_</c> and inner dots, at most 81 characters. A name that is such a
    /// one already stays as it is; any other gets a hash (the first 64 bits of SHA-256) behind it, and so does one
    /// that looks as if it had one: two names never share a file.
    /// </summary>
    public static string For(string name)
    {
        var safe = new StringBuilder(Math.Min(name.Length, Longest));
        foreach (var c in name.AsSpan(0, Math.Min(name.Length, Longest)))
        {
            safe.Append(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (c == '.' && safe.Length > 0) ? c : '_');
        }

        var text = safe.ToString();
        return text == name && name.Length > 0 && !LooksHashed(name)
            ? text
            : $"{text}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..HashLength]}";
    }

    private static bool LooksHashed(string name) =>
        name.Length > HashLength && name[^(HashLength + 1)] == '-' && name.AsSpan(name.Length - HashLength).IndexOfAnyExcept(s_hex) < 0;
}
