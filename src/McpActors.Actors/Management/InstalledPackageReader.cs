using System.Text;
using System.Text.Json;
using McpActors.Core.Management;
using McpActors.Core.Servers;

namespace McpActors.Actors.Management;

/// <summary>
/// Reads the few files that tell which package a server is: its wrapper script, and the package.json of a package that
/// is installed next to it. Only regular files, only up to a bound, only those that the declaration itself names; it
/// starts nothing. What cannot be read leaves the pin as the command alone tells it.
/// </summary>
public static class InstalledPackageReader
{
    /// <summary>The longest wrapper script that is read, in bytes.</summary>
    public const int MaxScriptBytes = 64 * 1024;

    /// <summary>The longest package.json that is read, in bytes.</summary>
    public const int MaxPackageJsonBytes = 1024 * 1024;

    /// <summary>
    /// The pin of a server, with the version of an installed package. A server without a process (a remote one) has
    /// only what the side file says. Blocks for the disk only: call it off an actor's thread.
    /// </summary>
    public static PackagePin Read(ServerDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        if (definition.Process is not { } process)
        {
            return PackagePinDetector.Detect("remote", [], null, definition.Settings.Package);
        }

        var command = Resolve(process.Command, process.WorkingDirectory);
        var script = PackagePinDetector.ScriptPath(command, process.Args) is { } path ? Script(path, process.WorkingDirectory) : null;
        var pin = PackagePinDetector.Detect(command, process.Args, script, definition.Settings.Package);
        if (pin is not { Reason: PinReason.Installed, PackageJsonPath: { } packageJson })
        {
            return pin;
        }

        return Version(packageJson, process.WorkingDirectory, pin.Name) is { } version ? pin.WithInstalledVersion(version) : pin;
    }

    /// <summary>A command in <c>node_modules/.bin</c> is a link into its package: the target tells which.</summary>
    private static string Resolve(string command, string folder)
    {
        if (!command.Contains("node_modules/.bin/", StringComparison.Ordinal))
        {
            return command;
        }

        try
        {
            var link = new FileInfo(Path.Combine(folder, command));
            return link.LinkTarget is { } target ? Path.GetFullPath(Path.Combine(link.DirectoryName!, target)) : command;
        }
        catch (Exception e) when (IsDisk(e))
        {
            return command;
        }
    }

    private static string? Script(string path, string folder)
    {
        var bytes = Bytes(path, folder, MaxScriptBytes);
        // A NUL byte means a binary: what it runs is not read off it.
        return bytes is null || bytes.AsSpan().Contains((byte)0) ? null : Encoding.UTF8.GetString(bytes);
    }

    private static string? Version(string path, string folder, string? name)
    {
        if (Bytes(path, folder, MaxPackageJsonBytes) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(WithoutMark(bytes), new JsonDocumentOptions { AllowDuplicateProperties = true });
            var root = document.RootElement;
            // A folder whose package.json bears another name (a fork, an alias) tells nothing about this package.
            return root.ValueKind == JsonValueKind.Object && Text(root, "name") == name && Text(root, "version") is { Length: > 0 and <= 256 } version
                ? version
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }

        static string? Text(JsonElement root, string member) =>
            root.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    private static ReadOnlyMemory<byte> WithoutMark(byte[] bytes) =>
        bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsMemory(Encoding.UTF8.Preamble.Length) : bytes;

    /// <summary>The bytes of a regular file no longer than the bound, or null.</summary>
    private static byte[]? Bytes(string path, string folder, int bound)
    {
        try
        {
            var full = Path.GetFullPath(Path.Combine(folder, path));
            // Opening a pipe blocks until somebody writes, and a device may never end: look before opening.
            if (!IsRegularFile(full))
            {
                return null;
            }

            using var stream = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            if (stream.Length > bound)
            {
                return null;
            }

            // As long as the file, not as the bound: fifty servers at their start would fill 200 MB with what is not there.
            var buffer = new byte[stream.Length];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length == buffer.Length ? buffer : buffer[..length];
        }
        catch (Exception e) when (IsDisk(e))
        {
            return null;
        }
    }

    private static bool IsRegularFile(string path)
    {
        FileSystemInfo info = new FileInfo(path);
        if (info.LinkTarget is not null)
        {
            info = info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
        }

        // The runtime tells no types of files, but lengths: pipes, sockets and devices have none, and of a regular file
        // without a length nothing is lost.
        return info is FileInfo { Exists: true, Length: > 0 } && !info.Attributes.HasFlag(FileAttributes.Directory);
    }

    private static bool IsDisk(Exception e) =>
        e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or System.Security.SecurityException;
}
