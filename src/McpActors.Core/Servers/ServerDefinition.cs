namespace McpActors.Core.Servers;

/// <summary>How a server is spoken to.</summary>
public enum ServerTransport
{
    /// <summary>A child process, JSON-RPC lines over standard input and output.</summary>
    Stdio,

    /// <summary>Streamable HTTP.</summary>
    Http,

    /// <summary>HTTP with server-sent events: deprecated since protocol revision 2025-03-26, still in use.</summary>
    Sse,
}

/// <summary>Where a declaration stands, so that a person finds it again. Line and column count from 1.</summary>
public sealed record SourcePosition(string File, int Line, int Column);

/// <summary>A process to start: the executable, its arguments and the variables added to its environment.</summary>
/// <remarks>Holds secrets after expansion. It is never serialized, and <see cref="ToString"/> shows none of them.</remarks>
public sealed record ProcessDefinition(
    string Command,
    IReadOnlyList<string> Args,
    IReadOnlyDictionary<string, string> Env,
    string WorkingDirectory)
{
    /// <summary>The redacted command line.</summary>
    public override string ToString() => Redactor.CommandLine(Command, Args, [.. Env.Values, .. Secrets]);

    /// <summary>Every value that must appear nowhere, as in <see cref="ServerDefinition.Secrets"/>.</summary>
    public IReadOnlyCollection<string> Secrets { get; init; } = [];

    /// <summary>Where its command is written; for the process of an HTTP server that is the side file.</summary>
    public SourcePosition? Source { get; init; }
}

/// <summary>
/// A server as the files of this node declare it, with every variable expanded.
/// It holds secrets: it stays on its node, is never serialized and never printed.
/// What others may see is <see cref="DeclaredServer"/>.
/// </summary>
public sealed record ServerDefinition
{
    /// <summary>The name that the file gives the server; unique within the fleet, case-sensitive.</summary>
    public required string Name { get; init; }

    /// <summary>How it is spoken to.</summary>
    public required ServerTransport Transport { get; init; }

    /// <summary>The process to start: always for stdio, optional for HTTP (the side file's <c>process</c>).</summary>
    public ProcessDefinition? Process { get; init; }

    /// <summary>The endpoint of an HTTP server, expanded; user info in it is a secret.</summary>
    public string? Url { get; init; }

    /// <summary>Headers of every request to an HTTP server, expanded; their values are secrets.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>True where the file wants the server not to run (<c>"disabled": true</c>).</summary>
    public bool Disabled { get; init; }

    /// <summary>What the side file says about it, or the defaults.</summary>
    public ServerSettings Settings { get; init; } = ServerSettings.Default;

    /// <summary>Where it is declared.</summary>
    public required SourcePosition Source { get; init; }

    /// <summary>
    /// Every value that must appear nowhere: values of <c>env</c>, of <c>headers</c>, of expanded variables,
    /// user info of URLs, credentials among the arguments.
    /// </summary>
    public IReadOnlyCollection<string> Secrets { get; init; } = [];

    /// <summary>Faults that keep this one server from being started; empty when it can be.</summary>
    public IReadOnlyList<Diagnostic> Faults { get; init; } = [];

    /// <summary>Shows the name and transport only.</summary>
    public override string ToString() => $"{Name} ({Transport})";
}
