using System.Text;
using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>Reads the lines of an <c>envFile</c>: <c>NAME=value</c>, comments, <c>export</c>, quotes.</summary>
internal static class EnvFile
{
    /// <summary>
    /// The variables of the file; the last of a name wins. Single-quoted values are taken as they stand, in
    /// double-quoted ones <c>\n</c>, <c>\r</c>, <c>\t</c>, <c>\"</c> and <c>\\</c> are unescaped. Nothing is expanded.
    /// </summary>
    public static Dictionary<string, string> Parse(byte[] utf8, string path, string server, DiagnosticBag diagnostics)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var whole in Encoding.UTF8.GetString(utf8).Split('\n'))
        {
            number++;
            var line = whole.Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (line.StartsWith("export ", StringComparison.Ordinal))
            {
                line = line["export ".Length..].TrimStart();
            }

            var equals = line.IndexOf('=');
            var name = equals < 0 ? "" : line[..equals].TrimEnd();
            if (!Names.IsVariable(name))
            {
                diagnostics.Add(
                    DiagnosticCodes.EnvFile, DiagnosticSeverity.Warning, new SourcePosition(path, number, 1), server,
                    "This line is not of the form NAME=value and was left out.", "Write NAME=value, or begin the line with #.");
                continue;
            }

            variables[name] = Value(line[(equals + 1)..].Trim());
        }

        return variables;
    }

    private static string Value(string text)
    {
        if (text.Length > 0 && text[0] is '"' or '\'')
        {
            var close = Closing(text);
            if (close > 0)
            {
                return text[0] == '\'' ? text[1..close] : Unescaped(text[1..close]);
            }
        }

        var comment = text.IndexOf(" #", StringComparison.Ordinal);
        return comment < 0 ? text : text[..comment].TrimEnd();
    }

    private static int Closing(string text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == text[0])
            {
                return i;
            }

            i += text[i] == '\\' && text[0] == '"' ? 1 : 0;
        }

        return -1;
    }

    private static string Unescaped(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            result.Append(text[i] switch { 'n' => "\n", 'r' => "\r", 't' => "\t", '"' => "\"", '\\' => "\\", var other => "\\" + other });
        }

        return result.ToString();
    }
}
