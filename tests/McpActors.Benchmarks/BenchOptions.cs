using System.Globalization;

namespace McpActors.Benchmarks;

/// <summary>What this run does.</summary>
internal sealed record BenchOptions
{
    /// <summary>How it is called.</summary>
    public const string Usage = """
        usage: McpActors.Benchmarks [--quick] [--only NAME[,NAME...]] [--out FILE] [--node DLL] [--list]
          --quick   small counts on the plain Release build, under a minute: does everything still measure?
          --only    only these groups of figures (--list names them)
          --out     writes the Markdown to a file, too
          --node    this node instead of one that is published for this run
        """;

    /// <summary>Small counts.</summary>
    public bool Quick { get; private init; }

    /// <summary>The groups to run; empty for all.</summary>
    public IReadOnlyList<string> Only { get; private init; } = [];

    /// <summary>A file for the Markdown, or null.</summary>
    public string? Out { get; private init; }

    /// <summary>The node's assembly, or null to build one.</summary>
    public string? Node { get; private init; }

    /// <summary>Only names the groups.</summary>
    public bool List { get; private init; }

    /// <summary>Servers of the idle fleet.</summary>
    public IReadOnlyList<int> Fleets => Quick ? [0, 10] : [0, 10, 50];

    /// <summary>Servers of a full fleet.</summary>
    public int Fleet => Fleets[^1];

    /// <summary>Waited after the start until a node counts as idle.</summary>
    public TimeSpan Settle => TimeSpan.FromSeconds(Quick ? 2 : 15);

    /// <summary>The idle time that is measured.</summary>
    public TimeSpan Idle => TimeSpan.FromSeconds(Quick ? 3 : 60);

    /// <summary>Starts of a whole fleet.</summary>
    public int Starts => Quick ? 1 : 4;

    /// <summary>Servers that are killed.</summary>
    public int Kills => Quick ? 3 : 20;

    /// <summary>Servers that are stopped with SIGSTOP.</summary>
    public int Stops => Quick ? 1 : 8;

    /// <summary>Servers whose probes are looked at, and pings to the bare one.</summary>
    public int Probed => Quick ? 3 : 10;

    /// <summary>Requests for one latency.</summary>
    public int Requests => Quick ? 10 : 50;

    /// <summary>Sizes of the HTTP fleet.</summary>
    public IReadOnlyList<int> Growth => Quick ? [10, 50] : [10, 50, 200, 1000];

    /// <summary>The idle time that is measured at each of those sizes: a probe of every server falls into a minute.</summary>
    public TimeSpan GrowthIdle => TimeSpan.FromSeconds(Quick ? 3 : 60);

    /// <summary>Nothing takes longer than this.</summary>
    public TimeSpan Limit => TimeSpan.FromSeconds(Quick ? 60 : 180);

    /// <summary>Reads the arguments; null when they are wrong.</summary>
    public static BenchOptions? Parse(string[] args)
    {
        var options = new BenchOptions();
        for (var i = 0; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--list":
                    options = options with { List = true };
                    break;
                case "--only" when value is not null:
                    options = options with { Only = value.ToLower(CultureInfo.InvariantCulture).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) };
                    i++;
                    break;
                case "--out" when value is not null:
                    options = options with { Out = Path.GetFullPath(value) };
                    i++;
                    break;
                case "--node" when value is not null:
                    options = options with { Node = Path.GetFullPath(value) };
                    i++;
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
