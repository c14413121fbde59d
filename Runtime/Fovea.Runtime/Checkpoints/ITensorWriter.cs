namespace Fovea.Checkpoints;

/// <summary>Collects tensors and writes them as one file; values are asked for when they are written, one tensor at a time.</summary>
internal interface ITensorWriter
{
    /// <summary>Adds a string; a later value of a key replaces the earlier.</summary>
    void AddMetadata(string key, string value);

    /// <summary>Adds a tensor of 32-bit floats.</summary>
    /// <param name="name">Its key, once in a file.</param>
    /// <param name="shape">Empty for a scalar.</param>
    /// <param name="values">Yields as many values as the shape says, when the file is written.</param>
    void Add(string name, int[] shape, Func<float[]> values);

    /// <summary>Adds a tensor of 64-bit integers.</summary>
    /// <param name="name">Its key, once in a file.</param>
    /// <param name="shape">Empty for a scalar.</param>
    /// <param name="values">As many as the shape says.</param>
    void Add(string name, int[] shape, long[] values);

    /// <summary>Writes the file.</summary>
    /// <param name="destination">Takes everything from its position on.</param>
    void Write(Stream destination);
}
