using System.CommandLine;
using McpActors.Cli.Cluster;
using McpActors.Cli.Servers;

namespace McpActors.Cli.Commands;

/// <summary>
/// A group of verbs on one subject. A new palette is one file with a static <c>Create</c> and one line in
/// <see cref="All"/>; parsing, help, the prompt and completion follow from what it says here.
/// </summary>
/// <param name="Name">What is typed.</param>
/// <param name="Description">One line for help.</param>
/// <param name="Verbs">Its verbs, in the order of help.</param>
internal sealed record Palette(string Name, string Description, IReadOnlyList<Verb> Verbs)
{
    /// <summary>Every palette that this version offers.</summary>
    public static IReadOnlyList<Palette> All() => [ServersPalette.Create(), ConfigPalette.Create(), ClusterPalette.Create()];
}

/// <summary>One thing that can be done.</summary>
/// <param name="Name">What is typed.</param>
/// <param name="Description">One line for help.</param>
/// <param name="Run">Does it and gives the exit status; it may throw <see cref="CommandFailure"/>.</param>
internal sealed record Verb(string Name, string Description, Func<VerbCall, CancellationToken, Task<int>> Run)
{
    /// <summary>What it takes by position.</summary>
    public IReadOnlyList<Argument> Arguments { get; init; } = [];

    /// <summary>What it takes by name.</summary>
    public IReadOnlyList<Option> Options { get; init; } = [];

    /// <summary>What it prints, for help: the fields of a line.</summary>
    public string? Prints { get; init; }

    /// <summary>Examples for help, as they are typed after <c>mcpactors</c>.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];
}

/// <summary>An argument whose possible values the node knows: completion asks it for them.</summary>
internal sealed class NodeArgument : Argument<string>
{
    /// <param name="name">Its name in help.</param>
    /// <param name="description">One line for help.</param>
    /// <param name="listPath">The list route that knows the values.</param>
    /// <param name="field">The field of that list's items that is the value.</param>
    public NodeArgument(string name, string description, string listPath, string field)
        : base(name)
    {
        Description = description;
        HelpName = name;
        ListPath = listPath;
        Field = field;
    }

    /// <summary>The list route that knows the values.</summary>
    public string ListPath { get; }

    /// <summary>The field of that list's items that is the value.</summary>
    public string Field { get; }
}
