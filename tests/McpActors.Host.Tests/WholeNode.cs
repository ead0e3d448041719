using Xunit;

namespace McpActors.Host.Tests;

/// <summary>Tests that run whole nodes with real servers: one after another, because the machine may have two cores.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeNode
{
    public const string Name = "whole node";
}
