using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>How a configuration file is to be read: by its name and folder, as the program does that it belongs to.</summary>
/// <param name="Program">That program, for messages.</param>
/// <param name="Roots">The keys under which servers stand; one for a known program.</param>
/// <param name="Comments">True where comments and trailing commas are accepted.</param>
/// <param name="ForeignRoots">True where the file has many keys of its own that have nothing to do with servers.</param>
/// <param name="RefusesUrlWithoutType">True where the program refuses a URL without a type.</param>
/// <param name="Folder">The folder that relative paths stand for and servers run in, absolute.</param>
internal sealed record ConfigurationShape(
    string Program, IReadOnlyList<string> Roots, bool Comments, bool ForeignRoots, bool RefusesUrlWithoutType, string Folder)
{
    private const string McpServers = "mcpServers";
    private const string Servers = "servers";

    /// <summary>The shape of the file at an absolute path.</summary>
    public static ConfigurationShape Of(string path)
    {
        var folder = Path.GetDirectoryName(path) ?? path;

        // An editor's own folder is not where it runs servers: that is the folder around it.
        var workspace = Path.GetDirectoryName(folder) ?? folder;
        return (Path.GetFileName(folder), Path.GetFileName(path)) switch
        {
            (_, ".mcp.json") => new("Claude Code", [McpServers], false, false, true, folder),
            (_, "claude_desktop_config.json") => new("Claude Desktop", [McpServers], false, true, false, folder),
            (".vscode", "mcp.json") => new("VS Code", [Servers], true, false, false, workspace),
            (".cursor", "mcp.json") => new("Cursor", [McpServers], true, false, false, workspace),
            _ => new("this node", [McpServers, Servers], true, true, false, folder),
        };
    }

    /// <summary>The objects that hold the servers; a diagnostic when there is none, or one under a wrong key.</summary>
    public IReadOnlyList<JsonValue> ServersOf(JsonValue root, string file, DiagnosticBag diagnostics)
    {
        if (root.Kind != JsonKind.Object)
        {
            diagnostics.Add(
                DiagnosticCodes.WrongValueKind, DiagnosticSeverity.Error, new SourcePosition(file, root.Line, root.Column), null,
                $"The file holds {root.KindInWords} where an object is needed.", $"Write {{\"{Roots[0]}\": {{...}}}}.");
            return [];
        }

        var found = new List<JsonValue>();
        var told = false;
        foreach (var member in root.Members)
        {
            var place = new SourcePosition(file, member.Line, member.Column);
            if (Roots.Contains(member.Name))
            {
                var last = root.Members.Last(other => other.Name == member.Name);
                if (!ReferenceEquals(last, member))
                {
                    diagnostics.Add(
                        DiagnosticCodes.DuplicateKey, DiagnosticSeverity.Warning, place, null,
                        $"The key `{member.Name}` stands twice; the one on line {last.Line} wins, because readers of JSON keep the last, and no server of this one is read.",
                        "Put all servers under one key.");
                }
                else if (member.Value.Kind != JsonKind.Object)
                {
                    told = true;
                    diagnostics.Add(
                        DiagnosticCodes.WrongValueKind, DiagnosticSeverity.Error, place, null,
                        $"`{member.Name}` is {member.Value.KindInWords}; it must be an object.", "Write one member per server: \"name\": {...}.");
                }
                else
                {
                    found.Add(member.Value);
                }
            }
            else
            {
                told |= TellRootKey(member, root, place, diagnostics);
            }
        }

        if (found.Count == 0 && !told)
        {
            diagnostics.Add(
                DiagnosticCodes.NoServers, DiagnosticSeverity.Warning, new SourcePosition(file, root.Line, root.Column), null,
                $"The file declares no server: it has no key `{Roots[0]}`.", $"Write {{\"{Roots[0]}\": {{...}}}}.");
        }

        return found;
    }

    // True when the key was meant to hold the servers.
    private bool TellRootKey(JsonMember member, JsonValue root, SourcePosition place, DiagnosticBag diagnostics)
    {
        var isObject = member.Value.Kind == JsonKind.Object;
        var meant = Names.Plain(member.Name) is "mcpservers" or "mcpserver" or "servers" or "server"
            || (Names.Plain(member.Name) == "mcp" && (member.Value.Get(Servers) ?? member.Value.Get(McpServers)) is not null);
        if (isObject && (meant || IsServer(member.Value)))
        {
            diagnostics.Add(
                DiagnosticCodes.WrongRootKey, DiagnosticSeverity.Error, place, null,
                meant
                    ? $"{Capital(Program)} does not read the key {DiagnosticBag.Quote(member.Name)}; no server under it is read."
                    : $"The server {DiagnosticBag.Quote(member.Name)} stands at the root of the file, where it is not read.",
                meant ? $"Write `{Roots[0]}` instead." : $"Put it under `{Roots[0]}`.");
            return true;
        }

        var known = member.Name is "$schema" or "inputs" || IsComment(member.Name);
        if (known || (ForeignRoots && Names.Nearest(member.Name, Roots) is null))
        {
            return false;
        }

        var nearest = Names.Nearest(member.Name, [.. Roots, "inputs"]);
        diagnostics.Add(
            DiagnosticCodes.UnknownKey, DiagnosticSeverity.Warning, place, null,
            $"The key {DiagnosticBag.Quote(member.Name)} means nothing here.",
            nearest is null ? "Remove it." : $"Did you mean `{nearest}`?");
        return nearest is not null && root.Get(nearest) is null && Roots.Contains(nearest);
    }

    /// <summary>True for keys that people use for remarks, JSON having no comments.</summary>
    public static bool IsComment(string key) =>
        key.StartsWith("//", StringComparison.Ordinal) || key.StartsWith('_') || key is "$comment" or "#";

    private static bool IsServer(JsonValue value) => value.Get("command") is not null || value.Get("url") is not null;

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
