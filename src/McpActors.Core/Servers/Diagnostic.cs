namespace McpActors.Core.Servers;

/// <summary>How much a diagnostic matters.</summary>
public enum DiagnosticSeverity
{
    /// <summary>Worth knowing; nothing is lost.</summary>
    Info,

    /// <summary>Something was read otherwise than its author may think.</summary>
    Warning,

    /// <summary>A server, or a whole file, could not be used.</summary>
    Error,
}

/// <summary>A fault in a configuration file, told so that its author can mend it. It never quotes a secret.</summary>
/// <param name="Code">A stable name, such as <c>duplicate_name</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Source">File, line and column.</param>
/// <param name="Server">The server that it concerns, or null for the whole file.</param>
/// <param name="Message">What is wrong, in words.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record Diagnostic(
    string Code,
    DiagnosticSeverity Severity,
    SourcePosition Source,
    string? Server,
    string Message,
    string Fix)
{
    /// <summary>One line, as compilers print it: <c>file:line:column: error duplicate_name: message. Fix</c>.</summary>
    public override string ToString() =>
        $"{Source.File}:{Source.Line}:{Source.Column}: {Severity.ToString().ToLowerInvariant()} {Code}: {Message} {Fix}";
}

/// <summary>All that the files of one node declare.</summary>
/// <param name="Files">The files that were read, absolute.</param>
/// <param name="Servers">The servers, in the order of the file; names are unique.</param>
/// <param name="Diagnostics">Every fault found, in the order of file and line.</param>
public sealed record FleetDeclaration(
    IReadOnlyList<string> Files,
    IReadOnlyList<ServerDefinition> Servers,
    IReadOnlyList<Diagnostic> Diagnostics)
{
    /// <summary>No file, no server.</summary>
    public static FleetDeclaration Empty { get; } = new([], [], []);
}
