using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace McpActors.Actors.Servers.Processes;

/// <summary>The data folder cannot be used; the message says why and what to do.</summary>
public sealed class DataDirectoryException(string message) : Exception(message);

/// <summary>
/// A node's data folder, held by this node alone: mode 0700, owned by its user, locked while the object lives, with
/// the node's lasting id in it.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private const uint FolderMode = 0b111_000_000;
    private const uint FileMode = 0b110_000_000;
    private readonly SafeFileHandle _lock;

    private DataDirectory(string path, SafeFileHandle @lock, string nodeId)
    {
        Path = path;
        _lock = @lock;
        NodeId = nodeId;
    }

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>This node's id: 32 random hexadecimal digits, made at the first start and kept.</summary>
    public string NodeId { get; }

    /// <summary>Where <see cref="LogFlusher"/> writes.</summary>
    public string Logs => System.IO.Path.Combine(Path, "logs");

    /// <summary>Where <see cref="ProcessLedger"/> writes.</summary>
    public string Processes => System.IO.Path.Combine(Path, "processes");

    /// <summary>Makes what is missing, checks what is there and takes the lock.</summary>
    /// <exception cref="DataDirectoryException">It is another user's, a symbolic link, not writable, or another node holds it.</exception>
    public static DataDirectory Open(string path)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        MakePrivate(full);
        var handle = TakeLock(full);
        try
        {
            MakePrivate(System.IO.Path.Combine(full, "logs"));
            MakePrivate(System.IO.Path.Combine(full, "processes"));
            return new DataDirectory(full, handle, ReadOrMakeNodeId(System.IO.Path.Combine(full, "node-id")));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>A further folder in it, by name, with the same mode and checks.</summary>
    /// <exception cref="DataDirectoryException">It cannot be used.</exception>
    public string Folder(string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.Contains('/'))
        {
            throw new ArgumentException("A plain folder name is needed.", nameof(name));
        }

        var folder = System.IO.Path.Combine(Path, name);
        MakePrivate(folder);
        return folder;
    }

    /// <summary>Gives the folder free for another node.</summary>
    public void Dispose() => _lock.Dispose();

    private static void MakePrivate(string folder)
    {
        if (new FileInfo(folder).LinkTarget is { } target)
        {
            throw new DataDirectoryException($"The data folder {folder} is a symbolic link (to {target}). Name the real folder, so that nobody can redirect the node's data.");
        }

        try
        {
            var parent = System.IO.Path.GetDirectoryName(folder);
            if (!string.IsNullOrEmpty(parent))
            {
                Directory.CreateDirectory(parent);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"The folder above {folder} cannot be made: {e.Message} Name another data folder with --data.");
        }

        if (Native.MakeDirectory(folder, FolderMode) != 0 && Marshal.GetLastPInvokeError() is var error && error != Native.Eexist)
        {
            throw new DataDirectoryException($"The data folder {folder} cannot be made: {Marshal.GetPInvokeErrorMessage(error)}. Name another one with --data.");
        }

        if (!Directory.Exists(folder))
        {
            throw new DataDirectoryException($"{folder} is not a folder. Move it away or name another data folder with --data.");
        }

        var user = Native.EffectiveUser();
        if (Native.OwnerOf(folder) is { } owner && owner != user)
        {
            throw new DataDirectoryException(
                $"The data folder {folder} belongs to user {owner}, and this node runs as user {user}. Run it as that user, or hand the folder over: chown -R {user} \"{folder}\"");
        }

        if (Native.Chmod(folder, FolderMode) != 0)
        {
            throw new DataDirectoryException(
                $"The mode of the data folder {folder} cannot be set to 0700: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}. Use a folder that this user owns.");
        }
    }

    private static SafeFileHandle TakeLock(string folder)
    {
        var path = System.IO.Path.Combine(folder, "lock");
        var fd = Native.Open(path, Native.OpenReadWrite | Native.OpenCreate | Native.OpenCloseOnExec | Native.OpenNoFollow | Native.OpenNonBlock, FileMode);
        if (fd < 0)
        {
            throw new DataDirectoryException($"The lock file {path} cannot be opened: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}. Check the folder's permissions and the disk.");
        }

        var handle = new SafeFileHandle(fd, ownsHandle: true);
        if (Native.Flock(handle, Native.LockExclusiveNow) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            Span<byte> text = stackalloc byte[32];
            var holder = Encoding.ASCII.GetString(text[..RandomAccess.Read(handle, text, 0)]).Trim();
            handle.Dispose();
            throw new DataDirectoryException(error == Native.Ewouldblock
                ? $"Another node is using the data folder {folder}: process {(holder.Length == 0 ? "unknown" : holder)}. Stop it, or name another folder with --data."
                : $"The data folder {folder} cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}. Use a local disk.");
        }

        try
        {
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
        }
        catch (IOException)
        {
            // A full disk: the lock itself holds all the same, only the number is missing.
        }

        return handle;
    }

    /// <summary>Under the lock, so that nobody else makes one. Written aside and renamed, so that it is whole or absent.</summary>
    private static string ReadOrMakeNodeId(string path)
    {
        try
        {
            if (File.Exists(path))
            {
                var text = File.ReadAllText(path).Trim();
                return Guid.TryParseExact(text, "N", out _)
                    ? text
                    : throw new DataDirectoryException($"The file {path} does not hold a node id (32 hexadecimal digits). Restore it from a backup, or remove it: the node then gets a new id and does not recognise processes of its earlier runs.");
            }

            var id = Guid.NewGuid().ToString("N");
            var aside = path + ".new";
            File.Delete(aside);
            var fd = Native.Open(aside, Native.OpenWriteOnly | Native.OpenCreate | Native.OpenCloseOnExec | Native.OpenNoFollow, FileMode);
            if (fd < 0)
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
            }

            using (var handle = new SafeFileHandle(fd, ownsHandle: true))
            {
                RandomAccess.Write(handle, Encoding.ASCII.GetBytes(id + "\n"), 0);
                RandomAccess.FlushToDisk(handle);
            }

            File.Move(aside, path, overwrite: true);
            return id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"The file {path} cannot be read or written: {e.Message} Check the disk and the permissions of the data folder.");
        }
    }
}
