using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>What every entry of one fleet file is read with.</summary>
/// <param name="File">The fleet file, absolute.</param>
/// <param name="SideFile">The side file, absolute; it need not exist.</param>
/// <param name="Shape">How the fleet file is read.</param>
/// <param name="Scope">What variables are taken from.</param>
/// <param name="Diagnostics">Takes what is wrong.</param>
/// <param name="Files">Takes further files that were read.</param>
internal sealed record EntryContext(
    string File, string SideFile, ConfigurationShape Shape, VariableScope Scope, DiagnosticBag Diagnostics, List<string> Files);

/// <summary>
/// Reads one server's entry. Whatever keeps it from being started becomes an error of this server alone, in
/// <see cref="ServerDefinition.Faults"/>; the entry is read on to its end, so that its author sees all faults at once.
/// </summary>
internal sealed class ServerEntryReader
{
    // Read by this node.
    private static readonly string[] ReadKeys =
        ["type", "command", "args", "env", "envFile", "cwd", "url", "headers", "disabled", "enabled", "transport"];

    // Written by clients for themselves; they mean nothing to whoever only supervises.
    private static readonly HashSet<string> ForeignKeys = new(StringComparer.Ordinal)
    {
        "timeout", "alwaysAllow", "autoApprove", "description", "oauth", "headersHelper", "dev", "gallery", "version",
        "sandbox", "sandboxEnabled", "name", "title", "icon", "tools", "trust", "includeTools", "excludeTools",
        "disabledTools", "enabledTools", "auth", "tags", "alwaysLoad", "initTimeout", "networkTimeout", "metadata",
        "disabledReason", "toolFilters", "instructions",
    };

    private static readonly Dictionary<string, ServerTransport> Transports = new(StringComparer.Ordinal)
    {
        ["stdio"] = ServerTransport.Stdio,
        ["http"] = ServerTransport.Http,
        ["streamable-http"] = ServerTransport.Http,
        ["streamableHttp"] = ServerTransport.Http,
        ["streamable_http"] = ServerTransport.Http,
        ["sse"] = ServerTransport.Sse,
    };

    private readonly EntryContext _context;
    private readonly ServerTexts _texts;
    private readonly JsonMember _member;

    private ServerEntryReader(JsonMember member, EntryContext context)
    {
        _member = member;
        _context = context;
        _texts = new ServerTexts(member.Name, context);
    }

    /// <summary>Reads an entry together with what the side file says about it.</summary>
    public static ServerDefinition Read(JsonMember member, SideEntry? side, EntryContext context) =>
        new ServerEntryReader(member, context).Read(side);

    private ServerDefinition Read(SideEntry? side)
    {
        var entry = _member.Value;
        var place = new SourcePosition(_context.File, _member.Line, _member.Column);
        if (entry.Kind != JsonKind.Object)
        {
            _texts.Fault(
                DiagnosticCodes.WrongValueKind, place,
                $"The server {_texts.Name} is {entry.KindInWords}; it must be an object.", "Write {\"command\": \"...\", \"args\": [...]}.");
            return Definition(ServerTransport.Stdio, null, null, [], false, side, place);
        }

        ObjectReader.TellKeys(
            entry, ReadKeys, key => ReadKeys.Contains(key) || ForeignKeys.Contains(key), _context.File, _member.Name, _context.Diagnostics);
        var transport = Transport(entry, place);
        var headers = _texts.Map(entry.Get("headers"), "headers", Names.IsHeader, _texts.Secrets.AddHeader);
        TellBreaksInHeaders(headers, entry);
        var disabled = Switch(entry, "disabled", false) || !Switch(entry, "enabled", true);
        var processes = new ProcessReader(_texts, _context);

        if (transport == ServerTransport.Stdio)
        {
            if (side?.Process is { } ignored)
            {
                _context.Diagnostics.Add(
                    DiagnosticCodes.InvalidValue, DiagnosticSeverity.Warning, new SourcePosition(_context.SideFile, ignored.Line, ignored.Column),
                    _member.Name, $"The server {_texts.Name} is started by its own command; `process` is for servers over HTTP and is not used.", "Remove `process`.");
            }

            var process = processes.Read(entry, place, _context.File, _context.Shape.Folder);
            return Definition(transport, process, null, headers, disabled, side, place);
        }

        var url = Url(entry, place);

        // An environment without a process does nothing; its values are secrets nevertheless.
        _texts.Map(entry.Get("env"), "env", Names.IsVariable, _texts.Secrets.AddVariable);
        var own = side?.Process is { } started
            ? processes.Read(
                started, new SourcePosition(_context.SideFile, started.Line, started.Column), _context.SideFile,
                _context.Shape.Folder, tellKeys: true)
            : null;
        return Definition(transport, own, url, headers, disabled, side, place);
    }

    private ServerDefinition Definition(
        ServerTransport transport, ProcessDefinition? process, string? url, Dictionary<string, string> headers,
        bool disabled, SideEntry? side, SourcePosition place) => new()
        {
            Name = _member.Name,
            Transport = transport,
            Process = process,
            Url = url,
            Headers = headers,
            Disabled = disabled,
            Settings = side?.Settings ?? ServerSettings.Default,
            Source = place,
            Secrets = _texts.Secrets.Secrets,
            Faults = _texts.Faults,
        };

    private ServerTransport Transport(JsonValue entry, SourcePosition place)
    {
        var (command, url) = (entry.Get("command"), entry.Get("url"));
        var type = entry.Get("type") ?? entry.Get("transport");
        ServerTransport? named = null;
        if (type is { Kind: JsonKind.Text } && Transports.TryGetValue(type.Text, out var known))
        {
            named = known;
        }
        else if (type is not null and not { Kind: JsonKind.Null })
        {
            // What was written is not quoted: it may be a secret in the wrong place.
            var nearest = type.Kind == JsonKind.Text ? Names.Nearest(type.Text, Transports.Keys) : null;
            _texts.Fault(
                DiagnosticCodes.UnknownTransport, _texts.Place(type), $"The server {_texts.Name} has a type that is no known transport.",
                nearest is null ? "Write stdio, http or sse." : $"Did you mean {nearest}? Known are stdio, http and sse.");
        }

        var transport = named ?? (url is not null && command is null ? ServerTransport.Http : ServerTransport.Stdio);
        if (url is not null && command is not null)
        {
            var (used, ignored) = transport == ServerTransport.Stdio ? ("command", url) : ("url", command);
            _context.Diagnostics.Add(
                DiagnosticCodes.UrlAndCommand, DiagnosticSeverity.Warning, _texts.Place(ignored), _member.Name,
                $"The server {_texts.Name} has both a url and a command; the {used} is used.",
                transport == ServerTransport.Stdio
                    ? "Remove one of them, or write \"type\": \"http\"."
                    : $"Remove the command; to have this node start an HTTP server, write `process` in {SideFileReader.FileName}.");
        }

        if (type is null && url is not null && command is null && _context.Shape.RefusesUrlWithoutType)
        {
            _context.Diagnostics.Add(
                DiagnosticCodes.TypeMissing, DiagnosticSeverity.Info, place, _member.Name,
                $"The server {_texts.Name} has a url and no type; it is taken as http here, but {_context.Shape.Program} refuses it.",
                "Write \"type\": \"http\".");
        }

        return transport;
    }

    private string? Url(JsonValue entry, SourcePosition place)
    {
        if (entry.Get("url") is not { Kind: not JsonKind.Null } value)
        {
            _texts.Fault(DiagnosticCodes.MissingUrl, place, $"The server {_texts.Name} is reached over HTTP and has no url.", "Write \"url\": \"http://...\".");
            return null;
        }

        var faultsBefore = _texts.Faults.Count;
        if (_texts.Text(value, "url", "url") is not { } url)
        {
            return null;
        }

        _texts.Secrets.AddUrl(url);
        var good = Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0;
        if (!good && _texts.Faults.Count == faultsBefore)
        {
            _texts.Fault(
                DiagnosticCodes.InvalidUrl, _texts.Place(value),
                $"The url of the server {_texts.Name} is no absolute http or https URL.", "Write http:// or https://, a host, and the path of its MCP endpoint.");
        }

        return url;
    }

    private void TellBreaksInHeaders(Dictionary<string, string> headers, JsonValue entry)
    {
        // A line break in a value would smuggle further headers into every request.
        if (headers.Values.Any(value => value.AsSpan().IndexOfAny('\r', '\n') >= 0))
        {
            _texts.Fault(
                DiagnosticCodes.InvalidValue, _texts.Place(entry.Get("headers")!),
                $"A header of the server {_texts.Name} holds a line break.", "Remove the line break, also from the variable that the value comes from.");
        }
    }

    private bool Switch(JsonValue entry, string key, bool fallback)
    {
        var value = entry.Get(key);
        if (value is null or { Kind: JsonKind.Null })
        {
            return fallback;
        }

        var meant = value.Kind is JsonKind.Boolean or JsonKind.Text && value.Text is "true" or "false";
        if (value.Kind != JsonKind.Boolean)
        {
            _context.Diagnostics.Add(
                DiagnosticCodes.WrongValueKind, DiagnosticSeverity.Warning, _texts.Place(value), _member.Name,
                $"`{key}` of the server {_texts.Name} is {value.KindInWords}{(meant ? "" : " and was not used")}.", "Write true or false, without quotes.");
        }

        return meant ? value.Text == "true" : fallback;
    }
}
