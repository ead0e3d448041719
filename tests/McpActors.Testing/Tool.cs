using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace McpActors.Testing;

/// <summary>What a finished program said.</summary>
public sealed record ToolRun(int Status, string Output, string Error)
{
    /// <summary>Both streams.</summary>
    public string All => Output + Error;
}

/// <summary>Runs a program to its end, within a bound.</summary>
public static class Tool
{
    /// <summary>Runs it; its whole tree is ended when time is up.</summary>
    /// <exception cref="InvalidOperationException">It is not installed.</exception>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<ToolRun> RunAsync(
        string program, IEnumerable<string> args, TimeSpan bound, string? folder = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("MCPACTORS_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = new Process { StartInfo = start };
        var output = new StringBuilder();
        var error = new StringBuilder();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(error, line.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"The tests need the program '{program}', which is not on PATH: {e.Message}", e);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(bound);
        try
        {
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within {bound.TotalSeconds:0} s. It wrote: {Text(output)}{Text(error)}");
        }

        return new ToolRun(process.ExitCode, Text(output), Text(error));
    }

    private static void Append(StringBuilder to, string? line)
    {
        lock (to)
        {
            to.Append(line).Append(line is null ? "" : "\n");
        }
    }

    private static string Text(StringBuilder from)
    {
        lock (from)
        {
            return from.ToString();
        }
    }
}
