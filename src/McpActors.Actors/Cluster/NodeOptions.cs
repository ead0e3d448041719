using Microsoft.Extensions.Options;

namespace McpActors.Actors.Cluster;

/// <summary>What makes a node: its name, its place in a cluster, its store. Checked at start.</summary>
public sealed class NodeOptions
{
    /// <summary>The node's name in labels and reports; the machine's name by default. Up to 63 of a-z, A-Z, 0-9, '-', '.', '_'.</summary>
    public string Name { get; set; } = Environment.MachineName.ToLowerInvariant();

    /// <summary>The folder of the node's own data, absolute after start.</summary>
    public string Data { get; set; } = ".mcpactors";

    /// <summary>The address that other nodes reach this one at; loopback by default: a cluster of one.</summary>
    public string Hostname { get; set; } = "127.0.0.1";

    /// <summary>The port for other nodes, 0 to 65535; 0 (default) takes a free one.</summary>
    public int Port { get; set; }

    /// <summary>
    /// Nodes to join, as <c>akka.tcp://mcpactors@host:port</c>; empty (default) makes a cluster of one.
    /// A node that is the first of the list joins itself when nobody else answers.
    /// </summary>
    public IList<string> SeedNodes { get; } = [];

    /// <summary><c>sqlite</c> (default, a file in the data folder) or <c>postgres</c>.</summary>
    public string Store { get; set; } = "sqlite";

    /// <summary>The connection string of the store; a secret. Only for <c>postgres</c>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Servers that may be starting at the same time, 1 to 1000; the number of cores by default.</summary>
    public int StartConcurrency { get; set; } = Math.Max(1, Environment.ProcessorCount);
}

/// <summary>Refuses options out of their ranges, saying what to write instead.</summary>
internal sealed class NodeOptionsValidator : IValidateOptions<NodeOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        var faults = new List<string>();
        if (options.Name.Length is 0 or > 63 || !options.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            faults.Add("Node:Name must be 1 to 63 letters, digits, '-', '.' or '_'.");
        }

        if (options.Port is < 0 or > 65535)
        {
            faults.Add("Node:Port must be 0 (any free port) to 65535.");
        }

        if (options.StartConcurrency is < 1 or > 1000)
        {
            faults.Add("Node:StartConcurrency must be 1 to 1000.");
        }

        if (options.Store is not ("sqlite" or "postgres"))
        {
            faults.Add("Node:Store must be 'sqlite' or 'postgres'.");
        }
        else if (options.Store == "postgres" && string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            faults.Add("Node:Store 'postgres' needs Node:ConnectionString (set MCPACTORS_NODE__CONNECTIONSTRING).");
        }

        if (options.SeedNodes.FirstOrDefault(seed => !Akka.Actor.Address.TryParse(seed, out _)) is { } bad)
        {
            faults.Add($"Node:SeedNodes holds '{bad}'; write akka.tcp://{ClusterHosting.SystemName}@host:port.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
