"""``python -m gpu_im2rec.im2rec``, where ``python -m mxnet.tools.im2rec`` was."""

from gpu_im2rec.im2rec import main

if __name__ == "__main__":
    main()
