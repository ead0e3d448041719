using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace McpActors.Testing;

/// <summary>
/// The real MCP servers of <c>tests/fleet</c>, pinned by its lock file and installed once per checkout by whichever
/// test needs them first. Test processes that run at the same time wait for one another.
/// </summary>
public static class NpmFleet
{
    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task> s_installed = new(InstallAsync);

    /// <summary>The folder with <c>node_modules</c>; absolute.</summary>
    public static string Folder { get; } = System.IO.Path.Combine(Checkout.Root, "tests", "fleet");

    /// <summary>Installs what is missing or older than the lock file; at most 5 minutes.</summary>
    /// <exception cref="InvalidOperationException">npm or node is missing, or the installation failed; it says how.</exception>
    public static Task EnsureAsync() => s_installed.Value;

    /// <summary>A file below <c>node_modules</c>.</summary>
    public static string Path(string inNodeModules) => System.IO.Path.Combine(Folder, "node_modules", inNodeModules);

    private static async Task InstallAsync()
    {
        if (IsCurrent())
        {
            return;
        }

        // Beside the checkout's own files it would show up as a change; npm removes what lies in node_modules.
        var name = "mcpactors-fleet-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Folder)))[..16] + ".lock";
        using var turn = await TurnAsync(System.IO.Path.Combine(System.IO.Path.GetTempPath(), name)).ConfigureAwait(false);
        if (IsCurrent())
        {
            return;
        }

        const string Need = "The tests start real MCP servers: install Node.js 20 or newer with npm, and put both on PATH.";
        await RunAsync("node", ["--version"], Need).ConfigureAwait(false);
        var run = await RunAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], Need).ConfigureAwait(false);
        if (run.Status != 0 || !IsCurrent())
        {
            throw new InvalidOperationException(
                $"npm ci in tests/fleet ended with status {run.Status}; the tests need its servers. Run it there by hand to see more. It wrote: {run.All}");
        }
    }

    private static bool IsCurrent()
    {
        var installed = new FileInfo(Path(".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(System.IO.Path.Combine(Folder, "package-lock.json"));
    }

    private static async Task<ToolRun> RunAsync(string program, string[] args, string need)
    {
        try
        {
            return await Tool.RunAsync(program, args, s_bound, Folder).ConfigureAwait(false);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"{need} ({e.Message})", e);
        }
    }

    private static async Task<FileStream> TurnAsync(string path)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (clock.Elapsed < s_bound)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
            }
        }
    }
}
