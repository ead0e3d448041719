using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace McpActors.Host;

/// <summary>The node's own options, each also read from <c>appsettings.json</c> and from <c>MCPACTORS_…</c> variables.</summary>
internal static class NodeCommandLine
{
    /// <summary>The address that the API listens at when none is given.</summary>
    public const string DefaultUrl = "http://127.0.0.1:7710";

    private const int UsageError = 2;

    /// <summary>Parses, then runs the node until it is told to stop. 0 stopped in order, 1 failed, 2 wrong usage.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var config = new Option<string?>("--config", "-c") { Description = "The fleet file to read (.mcp.json, mcp.json, claude_desktop_config.json). Default: .mcp.json of the working folder." };
        var data = new Option<string?>("--data", "-d") { Description = "The folder for the node's own data. Default: a folder of its own per fleet file, in your user data folder." };
        var urls = new Option<string?>("--urls") { Description = $"Where the API listens, loopback only. Default: {DefaultUrl}" };
        var logFormat = new Option<string?>("--log-format") { Description = "text (for people, default) or json (one object a line)." };
        logFormat.AcceptOnlyFromAmong("text", "json");
        var root = new RootCommand(
            "McpActors: watches a fleet of MCP servers and keeps it alive.\n\n" +
            "Example: McpActors.Host --config ./.mcp.json\n" +
            "Then:    mcpactors servers list")
        {
            config, data, urls, logFormat,
        };
        root.SetAction((parsed, _) =>
        {
            var given = new Dictionary<string, string?>();
            Give("Config", parsed.GetValue(config));
            Give("Data", parsed.GetValue(data));
            Give("Urls", parsed.GetValue(urls));
            Give("LOG_FORMAT", parsed.GetValue(logFormat));
            return NodeApp.RunAsync(given);

            void Give(string key, string? value)
            {
                if (value is not null)
                {
                    given[key] = value;
                }
            }
        });

        var result = root.Parse(args);

        // The host handles signals itself, and bounds its own stop. The parser's default would end the process 2 s after
        // SIGTERM with status 143, while servers that ignore the end of their input are still being stopped.
        var status = await result.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }).ConfigureAwait(false);
        return result.Errors.Count > 0 ? UsageError : status;
    }

    /// <summary>The data folder of a fleet file when none is given: outside of what its servers may be allowed to write.</summary>
    public static string DefaultData(string configPath)
    {
        var home = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg)
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        var folder = Path.GetFileName(Path.GetDirectoryName(configPath)) is { Length: > 0 } name ? name : "fleet";
        var safe = new string([.. folder.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-').Take(40)]);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(configPath)))[..8];
        return Path.Combine(home, "mcpactors", $"{safe}-{hash}");
    }

    /// <summary>Why these addresses are refused, or null: nobody signs in yet, so only this machine may ask.</summary>
    public static string? RefuseUrls(string urls)
    {
        foreach (var text in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not "http")
            {
                return $"'{text}' is no address to listen at. Write it like {DefaultUrl}.";
            }

            if (!url.IsLoopback || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var ip) && !IPAddress.IsLoopback(ip)))
            {
                return $"'{text}' could be reached from other machines, and this version asks nobody who they are. Listen at 127.0.0.1, or put an authenticating proxy in front.";
            }
        }

        return null;
    }
}
