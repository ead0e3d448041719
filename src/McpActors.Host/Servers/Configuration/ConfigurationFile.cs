using System.Runtime.InteropServices;
using System.Text.Unicode;
using McpActors.Core.Servers;
using Microsoft.Win32.SafeHandles;

namespace McpActors.Host.Servers.Configuration;

/// <summary>
/// Reads a whole configuration file without ever hanging or growing: a pipe is not waited for, and no more
/// than <see cref="MaxBytes"/> are taken.
/// </summary>
internal static class ConfigurationFile
{
    /// <summary>Larger files are refused: 4 MiB, some 20,000 servers.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    private const int NoEntry = 2;
    private const int NotDirectory = 20;
    private const int TooManyLinks = 40;
    private const int ReadOnly = 0;

    private static int NonBlocking => OperatingSystem.IsMacOS() ? 0x4 : 0x800;

    private static int CloseOnExec => OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    /// <summary>
    /// The file's UTF-8 bytes without a byte-order mark, or null after an error was added.
    /// </summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="diagnostics">Takes what is wrong.</param>
    /// <param name="optional">True when a missing file is no fault.</param>
    public static byte[]? Read(string path, DiagnosticBag diagnostics, bool optional = false)
    {
        if (Directory.Exists(path))
        {
            diagnostics.Error(DiagnosticCodes.FileIsDirectory, path, "This is a folder, not a file.", "Name the file itself.");
            return null;
        }

        var (bytes, code, message, fix) = ReadBytes(path);
        if (bytes is null)
        {
            if (!(optional && code == DiagnosticCodes.FileMissing))
            {
                diagnostics.Error(code, path, message, fix);
            }

            return null;
        }

        return Decode(bytes, path, diagnostics);
    }

    private static (byte[]? Bytes, string Code, string Message, string Fix) ReadBytes(string path)
    {
        try
        {
            using var handle = Open(path, out var errno);
            if (handle is null)
            {
                return errno switch
                {
                    NoEntry or NotDirectory => (null, DiagnosticCodes.FileMissing, "There is no such file.", "Create it, or name another one with --config."),
                    TooManyLinks => (null, DiagnosticCodes.FileUnreadable, "The file is a symbolic link that leads in a circle.", "Point the link at a file."),
                    _ => (null, DiagnosticCodes.FileUnreadable, "The operating system does not let this user read the file.", "Give the user that runs the node the right to read it."),
                };
            }

            using var stream = new FileStream(handle, FileAccess.Read, bufferSize: 0);
            if (!stream.CanSeek)
            {
                return (null, DiagnosticCodes.FileNotRegular, "This is a pipe, a socket or a device, not a file.", "Name a regular file.");
            }

            var bytes = new byte[Math.Clamp(stream.Length, 0, MaxBytes) + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length > MaxBytes
                ? (null, DiagnosticCodes.FileTooLarge, $"The file is larger than {MaxBytes / (1024 * 1024)} MiB.", "Split the fleet over several nodes, or take out what does not belong there.")
                : (bytes[..length], "", "", "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return (null, DiagnosticCodes.FileUnreadable, "The file could not be read.", "Check the path, the disk and the rights.");
        }
    }

    private static byte[]? Decode(byte[] bytes, string path, DiagnosticBag diagnostics)
    {
        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE])
            || (bytes.Length >= 2 && (bytes[0] == 0 || bytes[1] == 0)))
        {
            diagnostics.Error(DiagnosticCodes.NotUtf8, path, "The file is UTF-16 or UTF-32.", "Save it as UTF-8.");
            return null;
        }

        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            diagnostics.Add(
                DiagnosticCodes.ByteOrderMark, DiagnosticSeverity.Warning, new SourcePosition(path, 1, 1), null,
                "The file starts with a byte-order mark; it was read on, but some clients refuse such a file.",
                "Save it as UTF-8 without a byte-order mark.");
            bytes = bytes[3..];
        }

        if (!Utf8.IsValid(bytes))
        {
            var (line, column) = FirstInvalid(bytes);
            diagnostics.Add(
                DiagnosticCodes.NotUtf8, DiagnosticSeverity.Error, new SourcePosition(path, line, column), null,
                "The file is not UTF-8 from here on.", "Save it as UTF-8.");
            return null;
        }

        return bytes;
    }

    private static (int Line, int Column) FirstInvalid(byte[] bytes)
    {
        int low = 0, high = bytes.Length;
        while (low < high)
        {
            // A prefix that ends within a character is invalid too: the search may stop up to three bytes early.
            var middle = (low + high + 1) / 2;
            if (Utf8.IsValid(bytes.AsSpan(0, middle)))
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        while (low < bytes.Length)
        {
            var step = Enumerable.Range(1, 4).FirstOrDefault(n => low + n <= bytes.Length && Utf8.IsValid(bytes.AsSpan(low, n)));
            if (step == 0)
            {
                break;
            }

            low += step;
        }

        return new Places(bytes).At(low);
    }

    // Opening a pipe waits for its writer, for ever; the framework has no way to ask for an open that does not.
    private static SafeFileHandle? Open(string path, out int errno)
    {
        errno = 0;
        if (OperatingSystem.IsWindows())
        {
            return File.Exists(path) ? File.OpenHandle(path) : null;
        }

        var bytes = new byte[System.Text.Encoding.UTF8.GetByteCount(path) + 1];
        System.Text.Encoding.UTF8.GetBytes(path, bytes);
        var descriptor = NativeOpen(bytes, ReadOnly | NonBlocking | CloseOnExec);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        errno = Marshal.GetLastPInvokeError();
        return null;
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NativeOpen(byte[] path, int flags);
}
