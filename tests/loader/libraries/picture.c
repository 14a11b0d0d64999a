/* Writes the picture as libpng's own header says it is done. */
#include <png.h>
#include <stdio.h>
#include <string.h>

#include "picture.h"

int main(void) {
    static unsigned char pixels[PICTURE_HEIGHT][PICTURE_WIDTH][3], made[1 << 16];
    draw_picture(pixels);
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = PICTURE_WIDTH;
    image.height = PICTURE_HEIGHT;
    image.format = PNG_FORMAT_RGB;
    png_alloc_size_t size = sizeof made;
    if (!png_image_write_to_memory(&image, made, &size, 0, pixels, 0, NULL)) return 1;
    for (png_alloc_size_t i = 0; i < size; ++i) printf("%02x", made[i]);
    puts("");
    return 0;
}
