namespace Fovea.Gpu.Machines;

/// <summary>What the stages run on.</summary>
internal enum MachineKind
{
    /// <summary>A GPU.</summary>
    Real,

    /// <summary>The driver that writes calls down and computes nothing: a rehearsal without numbers.</summary>
    Recording,

    /// <summary>The simulated GPU: kernels compiled for the host. Small models only.</summary>
    Simulated,
}
