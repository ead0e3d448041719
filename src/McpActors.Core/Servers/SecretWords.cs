using System.Collections.Frozen;

namespace McpActors.Core.Servers;

/// <summary>What names announce a secret, and what values are too plain to be one.</summary>
public static class SecretWords
{
    /// <summary>Shorter values are never scrubbed from free text: they would be found everywhere.</summary>
    public const int ShortestScrubbed = 4;

    private static readonly string[] Inside =
        ["token", "secret", "password", "passwd", "passphrase", "credential", "cookie", "bearer", "session"];

    private static readonly FrozenSet<string> Whole = FrozenSet.ToFrozenSet(
        [
            "key", "keys", "pwd", "pw", "pass", "auth", "oauth", "oauth2", "authorization", "authentication",
            "cred", "creds", "jwt", "sas", "sig", "signature", "pat", "otp",
        ],
        StringComparer.Ordinal);

    private static readonly FrozenSet<string> EndInKeyYetPlain = FrozenSet.ToFrozenSet(
        ["monkey", "turkey", "donkey", "hockey", "whiskey", "jockey", "hotkey", "lackey"],
        StringComparer.Ordinal);

    // "--key-file /etc/tls/key.pem" says where a secret lies, not what it is.
    private static readonly FrozenSet<string> LastWordsOfPlainNames = FrozenSet.ToFrozenSet(
        [
            "file", "path", "dir", "directory", "folder", "url", "uri", "endpoint", "host", "hostname", "port",
            "timeout", "ttl", "type", "mode", "method", "provider", "length", "size", "count", "limit", "algorithm",
            "env", "var", "enabled", "required", "name",
        ],
        StringComparer.Ordinal);

    private static readonly FrozenSet<string> FirstWordsOfSwitches = FrozenSet.ToFrozenSet(
        ["no", "disable", "enable", "skip", "allow", "require", "max", "min"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> Switches = FrozenSet.ToFrozenSet(
        ["true", "false", "null", "none", "undefined", "yes", "no", "on", "off", "0", "1"], StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Plain = FrozenSet.ToFrozenSet(
        [
            "true", "false", "null", "none", "undefined", "auto", "default", "enabled", "disabled", "info", "debug",
            "warn", "warning", "error", "fatal", "trace", "verbose", "silent", "quiet", "production", "development",
            "test", "testing", "staging", "local", "localhost", "127.0.0.1", "0.0.0.0", "root", "stdio", "http", "https",
            "json", "text", "utf8", "utf-8", "node", "npx", "python", "python3", "read", "write", "bearer", "basic",
            "application/json", "text/event-stream", "text/plain", "UTC",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> PlainNames = FrozenSet.ToFrozenSet(
        [
            "accept", "accept-encoding", "accept-language", "content-type", "user-agent", "mcp-protocol-version", "host",
            "origin", "HOME", "HOSTNAME", "LANG", "LC_ALL", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// True when a name announces a secret value: <c>API_KEY</c>, <c>--token</c>, <c>dbPassword</c>, <c>Authorization</c>.
    /// <c>PWD</c>, <c>--key-file</c>, <c>--no-auth</c>, <c>author</c> and <c>max_tokens</c> do not.
    /// </summary>
    public static bool Smells(string name)
    {
        if (name is "PWD" or "OLDPWD")
        {
            return false;
        }

        var words = Words(name.Length > 128 ? name[^128..] : name);
        if (words.Count == 0
            || (words.Count > 1 && (LastWordsOfPlainNames.Contains(words[^1]) || FirstWordsOfSwitches.Contains(words[0]))))
        {
            return false;
        }

        return words.Any(SmellsAlone) || SmellsAlone(string.Concat(words));
    }

    /// <summary>True for a value that switches something on or off and so is no secret whatever its name is.</summary>
    public static bool IsSwitch(string value) => Switches.Contains(value);

    /// <summary>
    /// True for a value that is not scrubbed from free text: shorter than <see cref="ShortestScrubbed"/> characters,
    /// or a word such as <c>production</c> that would be found in every second line.
    /// </summary>
    public static bool IsTrivial(string value) =>
        value.AsSpan().Trim().Length < ShortestScrubbed || Plain.Contains(value.Trim());

    /// <summary>
    /// True when the value of this variable is worth hiding wherever it turns up: it is not trivial, and it is
    /// neither a number of up to five digits (a port, a limit), nor a plain absolute path, unless the name smells.
    /// </summary>
    /// <remarks>Paths and ports are what error messages are about; hiding them would hide the cause.</remarks>
    public static bool IsSecretValue(string name, string value)
    {
        if (IsTrivial(value) || PlainNames.Contains(name))
        {
            return false;
        }

        if (Smells(name))
        {
            return true;
        }

        return !(value.Length <= 5 && value.All(char.IsAsciiDigit)) && !IsPlainPath(value);
    }

    /// <summary>
    /// True when a file holds a credential itself instead of a reference to a variable: its name smells, or the
    /// text looks like one. Paths, numbers of up to five digits and trivial words are none.
    /// </summary>
    public static bool IsWrittenOut(string name, string text) =>
        (Smells(name) && IsSecretValue(name, text) && !CredentialFinder.IsReference(text) && !IsPlainPath(text)
            && !(text.Length <= 5 && text.All(char.IsAsciiDigit)) && !text.Contains("${", StringComparison.Ordinal))
        || CredentialFinder.InText(text).Count > 0;

    /// <summary>True for an absolute path, or a list of them as in PATH, without anything that looks like a credential.</summary>
    public static bool IsPlainPath(string value) =>
        value.StartsWith('/') && !value.Contains('\n') && !value.Contains("://", StringComparison.Ordinal)
        && CredentialFinder.InText(value).Count == 0;

    private static bool SmellsAlone(string word) =>
        Whole.Contains(word)
        || (word.EndsWith("key", StringComparison.Ordinal) && !EndInKeyYetPlain.Contains(word))
        || (!word.StartsWith("tokeniz", StringComparison.Ordinal)
            && Inside.Any(part => word.Contains(part, StringComparison.Ordinal)));

    // "dbPassword", "DB_PASSWORD" and "db-password" are the same two words.
    private static List<string> Words(string name)
    {
        var words = new List<string>();
        var start = -1;
        for (var i = 0; i <= name.Length; i++)
        {
            var inWord = i < name.Length && char.IsAsciiLetterOrDigit(name[i]);
            var hump = inWord && start >= 0 && char.IsAsciiLetterUpper(name[i]) && char.IsAsciiLetterLower(name[i - 1]);
            if (start >= 0 && (!inWord || hump))
            {
                words.Add(name[start..i].ToLowerInvariant());
                start = -1;
            }

            if (inWord && start < 0)
            {
                start = i;
            }
        }

        return words;
    }
}
