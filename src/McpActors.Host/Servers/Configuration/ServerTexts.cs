using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>
/// The texts of one server's entry: expanded, checked, and with their secrets gathered on the way, so that none
/// can be read past the gathering.
/// </summary>
internal sealed class ServerTexts(string server, EntryContext context)
{
    private readonly List<Diagnostic> _faults = [];

    /// <summary>The server's name as it is.</summary>
    public string Server { get; } = server;

    /// <summary>The server's name, fit for a message.</summary>
    public string Name { get; } = DiagnosticBag.Quote(server);

    /// <summary>What must appear nowhere.</summary>
    public SecretCollector Secrets { get; } = new();

    /// <summary>What keeps the server from being started.</summary>
    public IReadOnlyList<Diagnostic> Faults => _faults;

    /// <summary>The file that is being read: the fleet file, or the side file for its <c>process</c>.</summary>
    public string File { get; set; } = context.File;

    /// <summary>Where a value stands.</summary>
    public SourcePosition Place(JsonValue value) => new(File, value.Line, value.Column);

    /// <summary>Adds an error that keeps the server from being started.</summary>
    public void Fault(string code, SourcePosition place, string message, string fix) =>
        _faults.Add(context.Diagnostics.Add(code, DiagnosticSeverity.Error, place, Server, message, fix));

    /// <summary>Adds a warning.</summary>
    public void Warn(string code, SourcePosition place, string message, string fix) =>
        context.Diagnostics.Add(code, DiagnosticSeverity.Warning, place, Server, message, fix);

    /// <summary>A text, expanded; a number or boolean becomes its text with a warning; null after a fault.</summary>
    /// <param name="value">The value.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="name">The name under which it stands, which may announce a secret; empty for arguments, which are judged together.</param>
    public string? Text(JsonValue value, string what, string name)
    {
        switch (value.Kind)
        {
            case JsonKind.Text:
                if (name.Length > 0 && SecretWords.IsWrittenOut(name, value.Text))
                {
                    TellPlainSecret(value, what);
                }

                return Expanded(value, what);
            case JsonKind.Number or JsonKind.Boolean:
                Warn(
                    DiagnosticCodes.WrongValueKind, Place(value), $"{Capital(what)} of the server {Name} is {value.KindInWords} and was turned into a text, as not every client does.",
                    "Put it in double quotes.");
                return value.Text;
            default:
                Fault(DiagnosticCodes.WrongValueKind, Place(value), $"{Capital(what)} of the server {Name} is {value.KindInWords}; it must be a text.", "Write a text in double quotes.");
                return null;
        }
    }

    /// <summary>The arguments, expanded; empty after a fault.</summary>
    public List<string> Arguments(JsonValue? value)
    {
        var args = new List<string>();
        if (value is null or { Kind: JsonKind.Null })
        {
            return args;
        }

        if (value.Kind != JsonKind.Array)
        {
            Fault(DiagnosticCodes.WrongValueKind, Place(value), $"`args` of the server {Name} is {value.KindInWords}; it must be a list.", "Write \"args\": [\"one\", \"two\"], one text per argument.");
            if (value.Kind == JsonKind.Text)
            {
                Secrets.AddText(value.Text);
            }

            return args;
        }

        var written = value.Items.Select(item => item.Text).ToArray();
        var masked = Redactor.Arguments(written, []);
        for (var i = 0; i < written.Length; i++)
        {
            if (masked[i] != written[i])
            {
                TellPlainSecret(value.Items[i], "an argument");
            }

            args.Add(Text(value.Items[i], "an argument", "") ?? "");
        }

        Secrets.AddArguments(args);
        return args;
    }

    /// <summary>An object of texts, expanded; entries with an impossible name or value are left out after a fault.</summary>
    public Dictionary<string, string> Map(JsonValue? value, string what, Func<string, bool> isName, Action<string, string> gather)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (value is null or { Kind: JsonKind.Null })
        {
            return map;
        }

        if (value.Kind != JsonKind.Object)
        {
            Fault(DiagnosticCodes.WrongValueKind, Place(value), $"`{what}` of the server {Name} is {value.KindInWords}; it must be an object.", $"Write \"{what}\": {{\"NAME\": \"value\"}}.");
            return map;
        }

        ObjectReader.TellDuplicates(value, File, Server, context.Diagnostics);
        foreach (var member in value.Members)
        {
            if (!isName(member.Name))
            {
                // The name is not told: it may be a whole "Authorization: Bearer ..." line.
                Fault(
                    DiagnosticCodes.InvalidEntryName, new SourcePosition(File, member.Line, member.Column),
                    $"`{what}` of the server {Name} has an entry with a name that cannot be one; it was left out.", $"Write \"{what}\": {{\"NAME\": \"value\"}}, without blanks, colons or equals signs in the name.");
                gather("secret", member.Name);
                continue;
            }

            if (member.Value.Kind == JsonKind.Null)
            {
                Warn(
                    DiagnosticCodes.WrongValueKind, Place(member.Value), $"The value of {DiagnosticBag.Quote(member.Name)} in `{what}` of the server {Name} is null; it was left out.",
                    "Remove it, or write a text in double quotes.");
                map.Remove(member.Name);
            }
            else if (Text(member.Value, $"the value of {DiagnosticBag.Quote(member.Name)} in `{what}`", member.Name) is { } text)
            {
                gather(member.Name, text);
                map[member.Name] = text;
            }
            else
            {
                map.Remove(member.Name);
            }
        }

        return map;
    }

    private string Expanded(JsonValue value, string what)
    {
        var expansion = VariableExpander.Expand(value.Text, context.Scope);
        foreach (var (name, found) in expansion.Values)
        {
            Secrets.AddVariable(name, found);
        }

        foreach (var missing in expansion.Missing)
        {
            TellMissing(missing, Place(value), what);
        }

        if (expansion.Text.Contains('\0'))
        {
            Fault(DiagnosticCodes.InvalidValue, Place(value), $"{Capital(what)} of the server {Name} holds a NUL character.", "Remove \\u0000.");
            return expansion.Text.Replace("\0", "", StringComparison.Ordinal);
        }

        return expansion.Text;
    }

    private void TellMissing(MissingVariable missing, SourcePosition place, string what)
    {
        var name = DiagnosticBag.Quote(missing.Name);
        switch (missing.Kind)
        {
            case MissingKind.Variable:
                Fault(
                    DiagnosticCodes.UnsetVariable, place, $"{Capital(what)} of the server {Name} needs the environment variable {name}, which is not set.",
                    "Set it before the node starts, or write ${NAME:-default}.");
                break;
            case MissingKind.Input:
                Fault(
                    DiagnosticCodes.UnsetInput, place, $"{Capital(what)} of the server {Name} needs an input, and a node has nobody to ask.",
                    $"Set the environment variable {name} before the node starts, or give the input a `default`.");
                break;
            default:
                Fault(
                    DiagnosticCodes.UnsupportedVariable, place, $"{Capital(what)} of the server {Name} needs a running editor ({name}).",
                    "Write the value, or an environment variable such as ${NAME}.");
                break;
        }
    }

    private void TellPlainSecret(JsonValue value, string what) =>
        Warn(
            DiagnosticCodes.PlainSecret, Place(value), $"{Capital(what)} of the server {Name} holds a credential in plain text.",
            "Put it into an environment variable and write ${NAME}; replace the credential if others can read this file.");

    private static string Capital(string what) => what[0] == '`' ? what : char.ToUpperInvariant(what[0]) + what[1..];
}
