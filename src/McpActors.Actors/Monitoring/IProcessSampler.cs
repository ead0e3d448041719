using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Monitoring;

/// <summary>Looks at the processes of this node.</summary>
internal interface IProcessSampler
{
    /// <summary>What the process and all that it started use now; null when it is gone.</summary>
    TreeSample? Sample(int pid, string instance);

    /// <summary>Runs a short command to its end; null when it exits with 0 in time, else what went wrong, in words.</summary>
    Task<string?> RunAsync(ProcessDefinition process, TimeSpan limit);
}
