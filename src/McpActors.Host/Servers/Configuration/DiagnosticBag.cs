using McpActors.Core.Servers;

namespace McpActors.Host.Servers.Configuration;

/// <summary>Gathers diagnostics while files are read; bounded, because a file may hold a hundred thousand faults.</summary>
internal sealed class DiagnosticBag
{
    /// <summary>Warnings and hints beyond this many are counted only; errors are kept up to ten times as many.</summary>
    public const int Most = 1000;

    private const int LongestName = 64;

    private readonly List<Diagnostic> _all = [];
    private int _left;
    private SourcePosition? _firstLeft;

    /// <summary>Adds one and returns it.</summary>
    public Diagnostic Add(string code, DiagnosticSeverity severity, SourcePosition source, string? server, string message, string fix)
    {
        var diagnostic = new Diagnostic(code, severity, source, server, message, fix);
        if (_all.Count < (severity == DiagnosticSeverity.Error ? 10 * Most : Most))
        {
            _all.Add(diagnostic);
        }
        else
        {
            _left++;
            _firstLeft ??= source;
        }

        return diagnostic;
    }

    /// <summary>Adds an error that concerns a whole file.</summary>
    public void Error(string code, string file, string message, string fix) =>
        Add(code, DiagnosticSeverity.Error, new SourcePosition(file, 1, 1), null, message, fix);

    /// <summary>All of them, in the order of the files and of their lines.</summary>
    public IReadOnlyList<Diagnostic> InOrder(IReadOnlyList<string> files)
    {
        if (_firstLeft is { } first)
        {
            _all.Add(new Diagnostic(
                DiagnosticCodes.TooManyDiagnostics, DiagnosticSeverity.Warning, first, null,
                $"There are {_left} more faults than are told.", "Mend the ones above, then read the file again."));
            _firstLeft = null;
        }

        var order = files.Select((file, index) => (file, index)).ToDictionary(pair => pair.file, pair => pair.index, StringComparer.Ordinal);
        return
        [
            .. _all.OrderBy(d => order.GetValueOrDefault(d.Source.File, int.MaxValue))
                .ThenBy(d => d.Source.Line).ThenBy(d => d.Source.Column),
        ];
    }

    /// <summary>
    /// A name out of a file, fit for a message: cut, without control characters, and without anything that looks
    /// like a credential (a value that slipped into the place of a key).
    /// </summary>
    public static string Quote(string name)
    {
        var shown = new string([.. name.Take(LongestName).Select(c => Names.IsShowable(c) ? c : '?')]);
        return $"`{Redactor.Text(shown)}{(name.Length > LongestName ? "..." : "")}`";
    }
}
