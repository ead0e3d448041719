using Akka.Actor;
using Akka.Cluster;
using McpActors.Actors.Servers;
using McpActors.Host.Servers;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace McpActors.Host.Cluster;

/// <summary>
/// <c>/healthz/startup</c>: the fleet has taken this node's declaration. <c>/healthz/live</c>: the actor system runs
/// (a database that is down does not make a node dead). <c>/healthz/ready</c>: it is up in its cluster and the fleet answers.
/// </summary>
internal static class HealthEndpoints
{
    /// <summary>Adds the checks.</summary>
    public static void AddNodeHealthChecks(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<StartupCheck>("startup", tags: ["startup"])
        .AddCheck<LiveCheck>("live", tags: ["live"])
        .AddCheck<ReadyCheck>("ready", tags: ["ready"], timeout: TimeSpan.FromSeconds(3));

    /// <summary>Maps the three routes.</summary>
    public static void MapNodeHealth(this IEndpointRouteBuilder routes)
    {
        foreach (var tag in (string[])["startup", "live", "ready"])
        {
            routes.MapHealthChecks($"/healthz/{tag}", new HealthCheckOptions { Predicate = check => check.Tags.Contains(tag) });
        }
    }

    private sealed class StartupCheck(FleetStarted started) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(started.IsSet ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The fleet has not taken this node's declaration yet."));
    }

    private sealed class LiveCheck(ActorSystem system) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(system.WhenTerminated.IsCompleted ? HealthCheckResult.Unhealthy("The actor system has ended.") : HealthCheckResult.Healthy());
    }

    private sealed class ReadyCheck(ActorSystem system, IFleet fleet) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            if (Akka.Cluster.Cluster.Get(system).SelfMember.Status != MemberStatus.Up)
            {
                return HealthCheckResult.Unhealthy("This node is not up in its cluster.");
            }

            try
            {
                await fleet.ListAsync(null, 1, cancellationToken).ConfigureAwait(false);
                return HealthCheckResult.Healthy();
            }
            catch (TimeoutException)
            {
                return HealthCheckResult.Unhealthy("The fleet does not answer.");
            }
        }
    }
}
