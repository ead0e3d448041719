using FluentAssertions;
using McpActors.Core.Servers;
using McpActors.Host.Servers.Configuration;

namespace McpActors.Host.Tests.Servers;

/// <summary>A temporary folder with configuration files, as the reader meets them.</summary>
public sealed class FleetFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("mcpactors-config-").FullName;

    public Dictionary<string, string> Environment { get; } = new()
    {
        ["PATH"] = "/usr/bin:/bin",
        ["HOME"] = "/home/someone",
        ["API_TOKEN"] = "from-the-environment",
    };

    public string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Root, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Script(string name, bool executable = true)
    {
        var path = Write(name, "#!/bin/sh\n");
        if (OperatingSystem.IsWindows())
        {
            return path;
        }

        File.SetUnixFileMode(path, executable ? UnixFileMode.UserRead | UnixFileMode.UserExecute : UnixFileMode.UserRead);
        return path;
    }

    public FleetDeclaration Read(string name = ".mcp.json") => FleetFileReader.Read(Path.Combine(Root, name), Environment);

    /// <summary>Writes <c>.mcp.json</c> with these servers and reads it.</summary>
    public FleetDeclaration Servers(string members)
    {
        Write(".mcp.json", "{\"mcpServers\": {\n" + members + "\n}}");
        return Read();
    }

    /// <summary>The only server; it must have no fault.</summary>
    public ServerDefinition Server(string members)
    {
        var server = Servers(members).Servers.Should().ContainSingle().Subject;
        server.Faults.Should().BeEmpty();
        return server;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
