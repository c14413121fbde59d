namespace Fovea.App.Diagnosis;

/// <summary>Systems whose commands differ.</summary>
internal enum HostSystem
{
    /// <summary>Debian and what derives from it.</summary>
    Debian,

    /// <summary>Ubuntu and what derives from it.</summary>
    Ubuntu,

    /// <summary>Any other Linux.</summary>
    Linux,

    /// <summary>Windows.</summary>
    Windows,

    /// <summary>macOS.</summary>
    MacOS,
}
