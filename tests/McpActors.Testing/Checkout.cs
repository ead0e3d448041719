namespace McpActors.Testing;

/// <summary>Where this checkout keeps what tests start: found by looking upwards for the solution.</summary>
public static class Checkout
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The node's program, for <c>dotnet</c>; of the same configuration (Debug or Release) as the tests.</summary>
    public static string Host { get; } = Built("src/McpActors.Host", "McpActors.Host.dll");

    /// <summary>The command line's program, for <c>dotnet</c>.</summary>
    public static string Cli { get; } = Built("src/McpActors.Cli", "mcpactors.dll");

    /// <summary>The fault server's executable.</summary>
    public static string FaultServer { get; } = Built("tests/McpActors.FaultServer", "McpActors.FaultServer");

    private static string Built(string project, string file)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Root, project, "bin", output.Parent!.Name, output.Name, file);
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "McpActors.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No McpActors.sln lies above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}
