using Akka.Actor;
using McpActors.Actors.Cluster;
using McpActors.Actors.Serialization;
using Microsoft.Extensions.Options;

namespace McpActors.Host.Cluster;

/// <summary>The cluster as this node sees it.</summary>
internal sealed record ClusterView(string Node, string Address, string? Leader, IReadOnlyList<MemberView> Members);

/// <summary>One member.</summary>
internal sealed record MemberView(string Address, string Status, IReadOnlyList<string> Roles, bool Reachable);

/// <summary>The read-only route about the cluster.</summary>
internal static class ClusterApi
{
    /// <summary>Maps <c>/api/v1/cluster</c>.</summary>
    public static void MapCluster(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/cluster", (ActorSystem system, IOptions<NodeOptions> options) =>
        {
            var cluster = Akka.Cluster.Cluster.Get(system);
            var state = cluster.State;
            return new ClusterView(
                options.Value.Name,
                cluster.SelfAddress.ToString(),
                state.Leader?.ToString(),
                [.. state.Members.OrderBy(m => m.Address.ToString(), StringComparer.Ordinal).Select(m => new MemberView(
                    m.Address.ToString(), Wire.Name(m.Status), [.. m.Roles], !state.Unreachable.Contains(m)))]);
        })
        .WithTags("cluster")
        .WithSummary("The cluster's members as this node sees them.");
}
