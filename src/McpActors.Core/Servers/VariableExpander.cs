using System.Text;

namespace McpActors.Core.Servers;

/// <summary>What variables are taken from.</summary>
public sealed record VariableScope
{
    /// <summary>The environment of the node.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The folder of <c>${workspaceFolder}</c>, absolute.</summary>
    public required string WorkspaceFolder { get; init; }

    /// <summary>The folder of <c>${userHome}</c>, absolute.</summary>
    public required string UserHome { get; init; }

    /// <summary>The character of <c>${pathSeparator}</c> and <c>${/}</c>: what stands between folders of a path.</summary>
    public char PathSeparator { get; init; } = '/';

    /// <summary>The inputs that the file declares, by id, each with its default or null.</summary>
    public IReadOnlyDictionary<string, string?> Inputs { get; init; } = new Dictionary<string, string?>();
}

/// <summary>Why a reference could not be replaced.</summary>
public enum MissingKind
{
    /// <summary>An environment variable that is not set and has no default.</summary>
    Variable,

    /// <summary>An input that has neither a value in the environment nor a default.</summary>
    Input,

    /// <summary>A reference that only an editor can answer, such as <c>${command:id}</c>.</summary>
    Unsupported,
}

/// <summary>A reference that could not be replaced.</summary>
/// <param name="Name">The variable; for an input the variable that would answer it; for an unsupported one its kind.</param>
/// <param name="Kind">Why.</param>
public sealed record MissingVariable(string Name, MissingKind Kind);

/// <summary>A text with its references replaced.</summary>
/// <param name="Text">The text; a reference that could not be replaced stands in it as it was.</param>
/// <param name="Missing">What could not be replaced, in order, each once.</param>
/// <param name="Values">The values that came from the environment and from inputs, by variable: they may be secrets.</param>
public sealed record Expansion(
    string Text,
    IReadOnlyList<MissingVariable> Missing,
    IReadOnlyList<KeyValuePair<string, string>> Values)
{
    /// <summary>Shows how many there are of each, never a value.</summary>
    public override string ToString() => $"Expansion ({Values.Count} replaced, {Missing.Count} missing)";
}

/// <summary>
/// Replaces <c>${VAR}</c> and <c>${VAR:-default}</c> (Claude Code), <c>${env:VAR}</c>, <c>${workspaceFolder}</c>,
/// <c>${workspaceFolderBasename}</c>, <c>${userHome}</c>, <c>${pathSeparator}</c>, <c>${/}</c> and <c>${input:id}</c>
/// (VS Code, Cursor).
/// </summary>
/// <remarks>
/// A variable that is set but empty counts as set, as in those clients and unlike in a shell. A default may hold
/// references itself. What a variable's value holds is never expanded again. <c>$VAR</c>, and braces that hold
/// no reference of the above forms (<c>${1}</c>, <c>${x%y}</c>: shell scripts in an argument), stay as they are.
/// </remarks>
public static class VariableExpander
{
    private const string InputVariablePrefix = "MCPACTORS_INPUT_";
    private const int DeepestDefault = 8;

    /// <summary>Kinds of references that need a running editor.</summary>
    private static readonly string[] EditorOnly = ["command", "config", "extensionInstallFolder"];

    /// <summary>Replaces every reference of the text.</summary>
    public static Expansion Expand(string text, VariableScope scope)
    {
        if (!text.Contains("${", StringComparison.Ordinal))
        {
            return new Expansion(text, [], []);
        }

        var missing = new List<MissingVariable>();
        var values = new List<KeyValuePair<string, string>>();
        var expanded = Expand(text, scope, missing, values, DeepestDefault);
        return new Expansion(expanded, [.. missing.Distinct()], values);
    }

    /// <summary>The environment variable that answers <c>${input:id}</c>: <c>MCPACTORS_INPUT_</c> and the id in upper case, with <c>_</c> for all but letters and digits.</summary>
    public static string InputVariable(string id) =>
        InputVariablePrefix + string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_'));

    private static string Expand(
        string text, VariableScope scope, List<MissingVariable> missing, List<KeyValuePair<string, string>> values, int depth)
    {
        var result = new StringBuilder(text.Length);
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf("${", at, StringComparison.Ordinal);
            var close = open < 0 ? -1 : Closing(text, open + 2);
            if (close < 0)
            {
                // No further brace is closed: nothing after this can be a reference.
                return result.Append(text, at, text.Length - at).ToString();
            }

            result.Append(text, at, open - at);
            var whole = text[open..(close + 1)];
            result.Append(Replace(whole, text[(open + 2)..close], scope, missing, values, depth));
            at = close + 1;
        }

        return result.ToString();
    }

    // The brace that closes a reference; those of references within its default are passed over.
    private static int Closing(string text, int from)
    {
        var open = 1;
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '}' && --open == 0)
            {
                return i;
            }

            if (text[i] == '$' && i + 1 < text.Length && text[i + 1] == '{')
            {
                open++;
            }
        }

        return -1;
    }

    private static string Replace(
        string whole, string inner, VariableScope scope,
        List<MissingVariable> missing, List<KeyValuePair<string, string>> values, int depth)
    {
        switch (inner)
        {
            case "workspaceFolder":
                return scope.WorkspaceFolder;
            case "workspaceFolderBasename":
                return Basename(scope.WorkspaceFolder, scope.PathSeparator);
            case "userHome":
                return scope.UserHome;
            case "pathSeparator" or "/":
                return scope.PathSeparator.ToString();
        }

        if (inner.StartsWith("input:", StringComparison.Ordinal))
        {
            return Input(whole, inner["input:".Length..], scope, missing, values);
        }

        if (Array.Exists(EditorOnly, kind => inner.StartsWith(kind + ":", StringComparison.Ordinal)))
        {
            missing.Add(new MissingVariable(inner[..inner.IndexOf(':')], MissingKind.Unsupported));
            return whole;
        }

        var reference = inner.StartsWith("env:", StringComparison.Ordinal) ? inner["env:".Length..] : inner;
        var split = reference.IndexOf(":-", StringComparison.Ordinal);
        var name = split < 0 ? reference : reference[..split];
        if (!IsName(name))
        {
            return whole;
        }

        if (scope.Environment.TryGetValue(name, out var value))
        {
            values.Add(new KeyValuePair<string, string>(name, value));
            return value;
        }

        if (split >= 0)
        {
            var fallback = reference[(split + 2)..];
            return depth == 0 ? fallback : Expand(fallback, scope, missing, values, depth - 1);
        }

        missing.Add(new MissingVariable(name, MissingKind.Variable));
        return whole;
    }

    private static string Input(
        string whole, string id, VariableScope scope, List<MissingVariable> missing, List<KeyValuePair<string, string>> values)
    {
        var variable = InputVariable(id);
        if (scope.Environment.TryGetValue(variable, out var value)
            || (scope.Inputs.TryGetValue(id, out value) && value is not null))
        {
            values.Add(new KeyValuePair<string, string>(variable, value));
            return value;
        }

        missing.Add(new MissingVariable(variable, MissingKind.Input));
        return whole;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 256 && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static string Basename(string folder, char separator)
    {
        var trimmed = folder.TrimEnd(separator);
        return trimmed[(trimmed.LastIndexOf(separator) + 1)..];
    }
}
