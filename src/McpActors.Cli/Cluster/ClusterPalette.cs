using System.Text.Json;
using McpActors.Cli.Api;
using McpActors.Cli.Commands;

namespace McpActors.Cli.Cluster;

/// <summary>The palette <c>cluster</c>: which nodes there are. It only reads.</summary>
internal static class ClusterPalette
{
    /// <summary>The palette.</summary>
    public static Palette Create() => new("cluster", "The nodes of the cluster",
    [
        new("show", "The node that answers, the leader, and every member", (call, cancellation) =>
            call.ShowAsync("api/v1/cluster", answer => Show(call, answer.Root), cancellation))
        {
            Prints = "field | value, one a line; members as member | address | status | roles | in the order they came up",
            Examples = ["cluster show", "cluster show -o json"],
        },
    ]);

    private static void Show(VerbCall call, JsonElement cluster)
    {
        call.Out.Field("node", cluster.Text("node"));
        call.Out.Field("address", cluster.Text("address"));
        call.Out.Field("leader", cluster.Text("leader"));
        foreach (var member in cluster.Items("members"))
        {
            call.Out.Record("member", member.Text("address"), member.Text("status"), member.Joined("roles"), member.Number("upNumber"));
        }
    }
}
