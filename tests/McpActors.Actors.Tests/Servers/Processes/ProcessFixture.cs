using System.Text;
using McpActors.Actors.Servers.Processes;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Actors.Tests.Servers.Processes;

/// <summary>These tests count descriptors and processes of the whole machine, so they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneOnTheMachine
{
    public const string Name = "processes";
}

/// <summary>Starts real processes and sees that none survives its test.</summary>
internal sealed class Processes
{
    public const string NodeId = "0123456789abcdef0123456789abcdef";
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private readonly List<ChildProcess> _children = [];
    private readonly StringBuilder _stderr = new();

    /// <summary>The fault server's executable: it is built beside this project, in the same configuration.</summary>
    public static string FaultServer { get; } = Path.Combine(
        AppContext.BaseDirectory.Replace("McpActors.Actors.Tests", "McpActors.FaultServer", StringComparison.Ordinal),
        "McpActors.FaultServer");

    public string Stderr
    {
        get
        {
            lock (_stderr)
            {
                return _stderr.ToString();
            }
        }
    }

    public static ProcessDefinition Define(string command, params string[] args) =>
        new(command, args, new Dictionary<string, string>(), Path.GetTempPath());

    public ChildProcess Fault(params string[] args) => Start(Define(FaultServer, args));

    public ChildProcess Shell(string script) => Start(Define("sh", "-c", script));

    public ChildProcess Start(ProcessDefinition definition, string nodeId = NodeId)
    {
        var child = ChildProcess.Start(new ChildStart
        {
            Definition = definition,
            NodeId = nodeId,
            Stderr = bytes =>
            {
                lock (_stderr)
                {
                    _stderr.Append(Encoding.UTF8.GetString(bytes));
                }
            },
        });
        _children.Add(child);
        return child;
    }

    /// <summary>The pid that the fault server or a script printed behind the word "grandchild".</summary>
    public async Task<int> GrandchildAsync()
    {
        await Until(() => Stderr.Contains("grandchild ", StringComparison.Ordinal) && Stderr.Split("grandchild ")[^1].Contains('\n', StringComparison.Ordinal));
        return int.Parse(Stderr.Split("grandchild ")[^1].Split('\n')[0], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>True while a process with that number is there and is no zombie.</summary>
    public static bool IsAlive(int pid) => ProcFs.ReadProcess(pid) is { State: not ('Z' or 'X') };

    public static bool IsThere(int pid) => ProcFs.ReadProcess(pid) is not null;

    public static async Task Until(Func<bool> condition)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(deadline) > Bound)
            {
                throw new TimeoutException("The awaited condition did not come true.");
            }

            await Task.Delay(5);
        }
    }

    public async Task StopAllAsync()
    {
        foreach (var child in _children)
        {
            await child.DisposeAsync();
        }
    }
}
