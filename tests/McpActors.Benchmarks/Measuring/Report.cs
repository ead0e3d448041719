using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace McpActors.Benchmarks.Measuring;

/// <summary>A row of the table.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">How much.</param>
/// <param name="Unit">Of what.</param>
/// <param name="Baseline">The same of the baseline in the same run, and what that is; or null.</param>
/// <param name="Goal">The value may not be above it; null where nothing is promised.</param>
internal sealed record Figure(string Name, double Value, string Unit, Baseline? Baseline = null, double? Goal = null);

/// <summary>What a figure is compared with.</summary>
internal sealed record Baseline(double Value, string Name);

/// <summary>Collects figures, tells each when it is known, and makes the Markdown at the end.</summary>
internal sealed class Report
{
    private readonly List<Figure> _figures = [];
    private readonly List<string> _notes = [];

    /// <summary>Adds a row.</summary>
    public void Add(Figure figure)
    {
        _figures.Add(figure);
        Console.Error.WriteLine($"  {figure.Name}: {Number(figure.Value)} {figure.Unit}"
            + (figure.Baseline is { } b ? $" (baseline {Number(b.Value)})" : ""));
    }

    /// <summary>Adds a sentence below the table.</summary>
    public void Note(string sentence)
    {
        _notes.Add(sentence);
        Console.Error.WriteLine("  " + sentence);
    }

    /// <summary>The machine, the table, the notes.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.AppendLine(Machine()).AppendLine();
        text.AppendLine("| figure | value | baseline | ratio | goal | met |");
        text.AppendLine("|---|---:|---:|---:|---:|---|");
        foreach (var f in _figures)
        {
            var baseline = f.Baseline is { } b ? $"{Number(b.Value)} {f.Unit} ({b.Name})" : "";
            var ratio = f.Baseline is { Value: > 0 } of ? Number(f.Value / of.Value) : "";
            var goal = f.Goal is { } g ? $"{Number(g)} {f.Unit}" : "";
            var met = f.Goal is null ? "" : f.Value <= f.Goal ? "yes" : "**no**";
            text.AppendLine(CultureInfo.InvariantCulture, $"| {f.Name} | {Number(f.Value)} {f.Unit} | {baseline} | {ratio} | {goal} | {met} |");
        }

        text.AppendLine();
        foreach (var note in _notes)
        {
            text.AppendLine("- " + note);
        }

        return text.ToString();
    }

    private static string Machine()
    {
        var total = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemTotal", StringComparison.Ordinal));
        var gib = double.Parse(total.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / (1024 * 1024);
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        return string.Create(CultureInfo.InvariantCulture,
            $"Machine: {Environment.ProcessorCount} cores, {gib:0} GiB, Linux {kernel}, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}; load average at the end {load}.");
    }

    private static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 0.1 => value.ToString("0.####", CultureInfo.InvariantCulture),
        < 10 => value.ToString("0.##", CultureInfo.InvariantCulture),
        < 1000 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("0", CultureInfo.InvariantCulture),
    };
}
